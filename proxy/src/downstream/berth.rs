//! Where connections are busy, one after the other: what that takes is some kilobytes, and to make them for each request and
//! drop them again costs more than most of what is done in them.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use super::connection::Connection;
use crate::codec::buffer::Buffer;
use crate::sys::transport::Transport;

/// Berths without a connection that a worker keeps.
const FREE_MAX: usize = 64;

/// A connection with something to do.
pub(super) struct Busy<S> {
    pub(super) connection: Rc<Connection>,
    pub(super) io: S,
    /// What was read of it already.
    pub(super) unread: Option<Buffer>,
}

/// One berth. Its work is never done: it waits for the next connection.
struct Berth<S> {
    slip: Rc<Slip<S>>,
    work: Pin<Box<dyn Future<Output = ()>>>,
}

/// Who comes in, and who leaves: with its stream, if it stays open.
struct Slip<S> {
    comes: Cell<Option<Busy<S>>>,
    leaves: Cell<Option<Option<S>>>,
}

impl<S: Transport + 'static> Berth<S> {
    fn new() -> Self {
        let slip = Rc::new(Slip { comes: Cell::new(None), leaves: Cell::new(None) });
        Self { work: Box::pin(work(Rc::clone(&slip))), slip }
    }
}

async fn work<S: Transport>(slip: Rc<Slip<S>>) {
    loop {
        let comes = poll_fn(|_| slip.comes.take().map_or(Poll::Pending, Poll::Ready));
        let Busy { connection, io, unread } = comes.await;
        let io = connection.busy(io, unread).await;
        slip.leaves.set(Some(io));
    }
}

/// The berths of a worker that have no connection.
pub struct Berths<S> {
    free: RefCell<Vec<Berth<S>>>,
}

impl<S> Default for Berths<S> {
    fn default() -> Self {
        Self { free: RefCell::default() }
    }
}

impl<S: Transport + 'static> Berths<S> {
    /// Serves a connection until nothing is at hand. Gives the stream back when it stays open.
    pub(super) async fn serve(&self, busy: Busy<S>) -> Option<S> {
        let mut berth = self.free.borrow_mut().pop().unwrap_or_else(Berth::new);
        berth.slip.comes.set(Some(busy));
        let io = poll_fn(|cx| {
            // it always waits, if only for the next connection
            let _waits = berth.work.as_mut().poll(cx);
            berth.slip.leaves.take().map_or(Poll::Pending, Poll::Ready)
        })
        .await;
        let mut free = self.free.borrow_mut();
        if free.len() < FREE_MAX {
            free.push(berth);
        }
        io
    }

    /// How many have no connection.
    #[must_use]
    pub fn free(&self) -> usize {
        self.free.borrow().len()
    }

    /// Gives the memory of those back that have no connection.
    pub fn dismiss(&self) {
        self.free.take();
    }
}
