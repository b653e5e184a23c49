//! The tasks of a worker that carry streams, one after the other: a task is large, and to make one for each stream costs as
//! much as all else that a stream needs of us.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use super::session::Begun;

/// Tasks without a stream that a worker keeps.
const FREE_MAX: usize = 256;

/// Where a task waits for its next stream.
#[derive(Debug)]
pub(super) struct Seat {
    next: RefCell<Option<Box<Begun>>>,
    leaves: Cell<bool>,
    waker: RefCell<Waker>,
}

impl Seat {
    pub(super) fn of(stream: Box<Begun>) -> Rc<Self> {
        let (next, waker) = (RefCell::new(Some(stream)), RefCell::new(Waker::noop().clone()));
        Rc::new(Self { next, leaves: Cell::new(false), waker })
    }

    /// The stream that was given to it.
    pub(super) fn take(&self) -> Option<Box<Begun>> {
        self.next.take()
    }

    /// Waits for the next stream; `false` when the task is to end.
    pub(super) async fn next(&self) -> bool {
        poll_fn(|cx| {
            let given = self.next.borrow().is_some();
            if !given && !self.leaves.get() {
                self.waker.borrow_mut().clone_from(cx.waker());
                return Poll::Pending;
            }
            Poll::Ready(given)
        })
        .await
    }

    fn wake(&self) {
        self.waker.borrow().wake_by_ref();
    }
}

/// The tasks of a worker that have no stream.
#[derive(Debug, Default)]
pub struct Crew {
    free: RefCell<Vec<Rc<Seat>>>,
}

impl Crew {
    /// Gives a stream to a task that is free; back when there is none.
    pub(super) fn give(&self, stream: Box<Begun>) -> Option<Box<Begun>> {
        match self.free.borrow_mut().pop() {
            Some(seat) => {
                seat.next.replace(Some(stream));
                seat.wake();
                None
            }
            None => Some(stream),
        }
    }

    /// Remembers that a task is free; says whether it may wait for more.
    pub(super) fn take_back(&self, seat: &Rc<Seat>) -> bool {
        let mut free = self.free.borrow_mut();
        let kept = free.len() < FREE_MAX;
        if kept {
            free.push(Rc::clone(seat));
        }
        kept
    }

    /// Lets the tasks end that are free.
    pub fn dismiss(&self) {
        for seat in self.free.take() {
            seat.leaves.set(true);
            seat.wake();
        }
    }
}
