//! What a lane knows of each of its connections from outside: whom to wake, and until when it may wait. One sweep looks
//! after all deadlines, so that no request has a timer of its own.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Poll, Waker};

/// Waiting took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expired;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    Endless,
    /// Nanoseconds since the start.
    Until(u64),
    Expired,
}

/// One connection, as its lane sees it.
#[derive(Debug)]
pub struct Slot {
    waker: RefCell<Waker>,
    wait: Cell<Wait>,
    /// Whether it has nothing to ask and stands in the queue of those.
    parked: Cell<bool>,
}

impl Slot {
    /// A connection whose task does not run yet.
    pub fn new() -> Self {
        Self {
            waker: RefCell::new(Waker::noop().clone()),
            wait: Cell::new(Wait::Endless),
            parked: Cell::new(false),
        }
    }

    /// Remembers the task that calls: it is the one to wake from now on.
    pub async fn adopt(&self) {
        poll_fn(|cx| {
            self.waker.borrow_mut().clone_from(cx.waker());
            Poll::Ready(())
        })
        .await;
    }

    /// Wakes its task.
    pub fn wake(&self) {
        self.waker.borrow().wake_by_ref();
    }

    /// What begins now may take until then.
    pub fn wait_until(&self, deadline: u64) {
        self.wait.set(Wait::Until(deadline));
    }

    /// Nothing is waited for any more.
    pub fn rest(&self) {
        self.wait.set(Wait::Endless);
    }

    /// Whether the deadline has passed and the sweep has seen it.
    pub fn is_expired(&self) -> bool {
        self.wait.get() == Wait::Expired
    }

    /// The sweep: ends what has waited too long.
    pub fn sweep(&self, now: u64) {
        if matches!(self.wait.get(), Wait::Until(deadline) if deadline <= now) {
            self.wait.set(Wait::Expired);
            self.wake();
        }
    }

    /// Stands in the queue of those that have nothing to ask, or leaves it; gives whether it stood there.
    pub fn park(&self, parked: bool) -> bool {
        self.parked.replace(parked)
    }

    /// Waits for a future, but not beyond the deadline.
    ///
    /// # Errors
    /// When the deadline passes first.
    pub async fn within<F: Future + ?Sized>(&self, mut future: Pin<Box<F>>) -> Result<F::Output, Expired> {
        poll_fn(
            |cx| {
                if self.is_expired() { Poll::Ready(Err(Expired)) } else { future.as_mut().poll(cx).map(Ok) }
            },
        )
        .await
    }
}
