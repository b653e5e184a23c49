//! Bytes in both directions, which nobody looks at: after an upgrade or `CONNECT`, and between a client of a TCP listener
//! and its endpoint. Each side has its own end.

use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::ReadBuf;
use towpath_config::model::Policy;

use crate::codec::body::{Mouth, Opens};
use crate::codec::buffer::{BUFFER_BYTES, Buffer, BufferPool};
use crate::local::Local;
use crate::observe::passage::Fate;
use crate::outcome::{Reason, Side};
use crate::sys::pipe::Pipe;
use crate::sys::timer::{Timer, Waits};
use crate::sys::transport::Duplex;

/// How long a tunnel may stand still.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// While both sides are open.
    pub idle: Option<Duration>,
    /// Once one of them has ended.
    pub half_closed: Option<Duration>,
}

impl From<&Policy> for Patience {
    fn from(policy: &Policy) -> Self {
        Self { idle: **policy.tunnel_idle_timeout(), half_closed: **policy.tunnel_half_closed_timeout() }
    }
}

/// How a tunnel ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Both sides had ended.
    Closed,
    /// This side failed or was reset, and the other must see that what it got may not be all.
    Broken(Side),
    /// Nothing moved for too long.
    TimedOut,
    /// The process ends.
    Drained,
}

impl From<End> for Fate {
    fn from(end: End) -> Self {
        match end {
            End::Closed => Self::Closed,
            End::TimedOut => Self::TimedOut,
            End::Drained => Self::Cut,
            End::Broken(Side::Upstream) => Self::Failed(Reason::UpstreamReset),
            End::Broken(Side::Downstream | Side::Local) => Self::Failed(Reason::ClientGone),
        }
    }
}

/// A read of so much tells of more behind it, which is worth a pipe.
const FLOOD: usize = BUFFER_BYTES / 2;

/// One direction: everything, then the end. It holds a buffer or a pipe only while the side that it leads to is waited for.
#[derive(Debug, Default)]
struct Way {
    held: Option<Buffer>,
    pipe: Option<Pipe>,
    is_flooded: bool,
    moved: u64,
    ended: bool,
    closed: bool,
}

/// Which end of a direction failed.
enum Failed {
    From,
    To,
}

impl Way {
    fn new(unread: Option<Buffer>) -> Self {
        Self { held: unread, ..Self::default() }
    }

    /// Whether something of it is still on its way.
    fn holds(&self) -> bool {
        self.held.as_ref().is_some_and(|held| !held.is_empty())
            || self.pipe.as_ref().is_some_and(|pipe| pipe.held() > 0)
    }

    /// Passes on what there is. Ready when the side that it leads to was told of the end.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut impl Duplex,
        to: &mut impl Duplex,
        buffers: &Rc<BufferPool>,
    ) -> Poll<Result<(), Failed>> {
        while !self.closed {
            ready!(self.poll_write(cx, to)).map_err(|_| Failed::To)?;
            if self.ended {
                // a side that is gone already cannot be told, and need not be
                let _ = ready!(Pin::new(&mut *to).poll_shutdown(cx));
                self.closed = true;
            } else if self.poll_read(cx, from, to, buffers).map_err(|_| Failed::From)?.is_pending() {
                ready!(Pin::new(&mut *to).poll_flush(cx)).map_err(|_| Failed::To)?;
                return Poll::Pending;
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, to: &mut impl Duplex) -> Poll<std::io::Result<()>> {
        while let Some(held) = self.held.as_mut().filter(|held| !held.is_empty()) {
            let count = ready!(Pin::new(&mut *to).poll_write(cx, held.filled()))?;
            if count == 0 {
                return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into()));
            }
            held.consume(count);
            self.moved += count as u64;
        }
        while let Some((pipe, to)) = self.pipe.as_mut().filter(|pipe| pipe.held() > 0).zip(to.socket()) {
            let count = ready!(pipe.poll_drain(cx, to))?;
            if count == 0 {
                return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into()));
            }
            self.moved += count as u64;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut impl Duplex,
        to: &impl Duplex,
        buffers: &Rc<BufferPool>,
    ) -> Poll<std::io::Result<()>> {
        // what gives nothing keeps neither buffer nor pipe
        let (held, pipe) = (self.held.take(), self.pipe.take());
        let sockets = from.socket().zip(to.socket()).filter(|_| self.is_flooded);
        let pipe = sockets.and_then(|(from, _)| Some((from, pipe.or_else(|| buffers.lend_pipe())?)));
        if let Some((from, mut pipe)) = pipe {
            let count = ready!(pipe.poll_fill(cx, from, u64::MAX))?;
            self.is_flooded = count >= FLOOD;
            if count > 0 {
                self.pipe = Some(pipe);
                return Poll::Ready(Ok(()));
            }
        }
        let mut buffer = held.unwrap_or_else(|| buffers.lend());
        let mut window = ReadBuf::new(buffer.spare());
        ready!(Pin::new(from).poll_read(cx, &mut window))?;
        let count = window.filled().len();
        self.is_flooded = window.remaining() == 0 && count >= FLOOD;
        buffer.filled_by(count);
        self.held = Some(buffer);
        self.ended = count == 0;
        Poll::Ready(Ok(()))
    }
}

/// Passes bytes until both sides have ended, one has failed, or nothing has moved for too long; `count` is told of what
/// went up and down. Where it did not end in order, both sides see that.
pub async fn tunnel(
    local: &Local,
    timer: &Timer,
    patience: Patience,
    caller: Mouth<impl Duplex>,
    upstream: Mouth<impl Duplex>,
    mut count: impl FnMut(u64, u64),
) -> End {
    let (mut up, mut down) = (Way::new(caller.unread), Way::new(upstream.unread));
    let (mut caller, mut upstream) = (caller.io, upstream.io);
    local.begin_tunnel(timer);
    let mut seen = None;
    let end = poll_fn(|cx| {
        let outcome = (
            up.poll(cx, &mut caller, &mut upstream, local.buffers()),
            down.poll(cx, &mut upstream, &mut caller, local.buffers()),
        );
        let state = (up.moved, down.moved, up.closed || down.closed);
        if seen != Some(state) {
            let (before_up, before_down, _) = seen.replace(state).unwrap_or_default();
            count(up.moved - before_up, down.moved - before_down);
            let limit = if state.2 { patience.half_closed } else { patience.idle };
            timer.arm_for(Waits::Tunnel, limit.map(|limit| timer.now() + limit));
        }
        match outcome {
            (Poll::Ready(Err(Failed::From)), _) | (_, Poll::Ready(Err(Failed::To))) => {
                Poll::Ready(End::Broken(Side::Downstream))
            }
            (Poll::Ready(Err(Failed::To)), _) | (_, Poll::Ready(Err(Failed::From))) => {
                Poll::Ready(End::Broken(Side::Upstream))
            }
            (Poll::Ready(Ok(())), Poll::Ready(Ok(()))) => Poll::Ready(End::Closed),
            _ if !timer.poll_fired(cx) => Poll::Pending,
            _ if timer.is_hastened() => Poll::Ready(End::Drained),
            _ => Poll::Ready(End::TimedOut),
        }
    })
    .await;
    if matches!(end, End::Broken(_) | End::Drained) || up.holds() || down.holds() {
        caller.break_on_close();
        upstream.break_on_close();
    } else if end == End::TimedOut {
        // who still waits is told, as far as that needs no waiting
        let goodbye = |cx: &mut Context<'_>| {
            let _ = Pin::new(&mut caller).poll_shutdown(cx);
            let _ = Pin::new(&mut upstream).poll_shutdown(cx);
            Poll::Ready(())
        };
        poll_fn(goodbye).await;
    }
    end
}

/// The tunnel that an upgrade or `CONNECT` becomes, once the answer's head has left; `count` is told of what went up and
/// down.
pub async fn upgraded(
    local: &Local,
    timer: &Timer,
    patience: Patience,
    caller: &mut impl Opens,
    attempt: &mut impl Opens,
    mut count: impl FnMut(u64, u64),
) -> End {
    let due = patience.idle.map(|limit| timer.now() + limit);
    let flush = async {
        poll_fn(|cx| attempt.poll_flush(cx)).await.map_err(|_| End::Broken(Side::Upstream))?;
        poll_fn(|cx| caller.poll_flush(cx)).await.map_err(|_| End::Broken(Side::Downstream))
    };
    if let Err(end) = timer.within(due, flush).await.unwrap_or(Err(End::TimedOut)) {
        return end;
    }
    let (Some(mut client), Some(mut server)) = (caller.mouth(), attempt.mouth()) else { return End::Closed };
    let (mut received, mut written) = (0, 0);
    let end = tunnel(
        local,
        timer,
        patience,
        Mouth { io: &mut *client.io, unread: client.unread.take() },
        Mouth { io: &mut *server.io, unread: server.unread.take() },
        |up, down| {
            (received, written) = (received + up, written + down);
            count(up, down);
        },
    )
    .await;
    drop(client);
    caller.passed(received, written);
    end
}

#[cfg(test)]
mod tests;
