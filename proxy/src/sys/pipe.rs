//! Octets from one socket to another without a copy into the process: splice(2), by way of a pipe.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::task::{Context, Poll};

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};

use super::files::PIPES_MAX;
use super::socket;
use super::stream::Stream;

/// Pipes that a worker keeps for later.
const SPARE_MAX: usize = 16;

/// Octets for which a pipe has places. A place holds what came in one packet, so a pipe of this size rarely is the one
/// that is full.
const PIPE_BYTES: usize = 256 * 1024;

/// The pipes of one worker.
#[derive(Debug)]
pub struct Pipes {
    most: u32,
    spare: RefCell<Vec<Ends>>,
    lent: Cell<u32>,
    moved: Cell<u64>,
    lacking: Cell<u64>,
}

#[derive(Debug)]
struct Ends {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl Ends {
    fn open() -> io::Result<Self> {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        // who has used up what the kernel gives an unprivileged user goes on with a smaller one
        let _smaller = fcntl_setpipe_size(&writer, PIPE_BYTES);
        Ok(Self { reader, writer })
    }
}

impl Default for Pipes {
    fn default() -> Self {
        Self::up_to(PIPES_MAX)
    }
}

impl Pipes {
    /// So many at once.
    #[must_use]
    pub fn up_to(most: u32) -> Self {
        let (spare, lent, moved, lacking) = Default::default();
        Self { most, spare, lent, moved, lacking }
    }

    /// Lends an empty pipe, if there is one to be had.
    #[must_use]
    pub fn lend(self: &Rc<Self>) -> Option<Pipe> {
        let spare = self.spare.borrow_mut().pop();
        let may_open = self.lent.get() < self.most;
        let ends = spare.or_else(|| if may_open { Ends::open().ok() } else { None });
        if ends.is_none() {
            self.lacking.set(self.lacking.get() + 1);
        }
        let ends = Some(ends?);
        self.lent.set(self.lent.get() + 1);
        Some(Pipe { ends, held: 0, pipes: Rc::clone(self) })
    }

    /// Octets that reached their socket, and pipes that were not to be had, since this was last asked.
    pub fn take_counts(&self) -> (u64, u64) {
        (self.moved.take(), self.lacking.take())
    }

    /// Closes those that nobody uses.
    pub fn forget_spare(&self) {
        self.spare.take();
    }
}

/// A pipe on loan. It goes back when it is dropped; with octets in it, it is closed.
#[derive(Debug)]
pub struct Pipe {
    ends: Option<Ends>,
    held: usize,
    pipes: Rc<Pipes>,
}

impl Pipe {
    /// Octets that are in it.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held
    }

    /// Takes up to `most` octets from a socket; 0 when a read has to tell what is there: the end, or what stands behind
    /// urgent data (RFC 9293 §3.8.5), which splice(2) does not get past. Only for an empty pipe: a full one would look as
    /// if the socket had nothing.
    pub fn poll_fill(&mut self, cx: &mut Context<'_>, from: &Stream, most: u64) -> Poll<io::Result<usize>> {
        let Some(ends) = &self.ends else { return Poll::Ready(Ok(0)) };
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(PIPE_BYTES);
        let filled = from.poll_receive(cx, || match splice(from, None, &ends.writer, None, most, FLAGS) {
            Err(Errno::AGAIN) => socket::look(from.as_fd()).map(|()| 0),
            filled => Ok(filled?),
        });
        filled.map_ok(|count| {
            self.held += count;
            count
        })
    }

    /// Gives a socket what is in it; says how much the socket took.
    pub fn poll_drain(&mut self, cx: &mut Context<'_>, to: &Stream) -> Poll<io::Result<usize>> {
        let Some(ends) = &self.ends else { return Poll::Ready(Ok(0)) };
        let held = self.held;
        let drained = to.poll_send(cx, || Ok(splice(&ends.reader, None, to, None, held, FLAGS)?));
        drained.map_ok(|count| {
            self.held -= count.min(held);
            self.pipes.moved.set(self.pipes.moved.get() + count as u64);
            count
        })
    }
}

const FLAGS: SpliceFlags = SpliceFlags::NONBLOCK.union(SpliceFlags::MOVE);

impl Drop for Pipe {
    fn drop(&mut self) {
        self.pipes.lent.set(self.pipes.lent.get().saturating_sub(1));
        let mut spare = self.pipes.spare.borrow_mut();
        if let Some(ends) = self.ends.take()
            && self.held == 0
            && spare.len() < SPARE_MAX
        {
            spare.push(ends);
        }
    }
}

#[cfg(test)]
mod tests;
