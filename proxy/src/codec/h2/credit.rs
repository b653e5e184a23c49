//! What a peer may send on a connection beyond what was passed on of it (RFC 9113 §5.2). It begins with the least there is, so
//! that what nobody takes is no more than that, and grows with what is taken, and with those who wait behind it: octets of those
//! who stand still stop nobody else.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::time::Instant;

#[cfg(test)]
mod tests;

/// What any connection begins with (RFC 9113 §6.9.2).
pub const FIRST_WINDOW: u32 = 65_535;

/// As much as comes at once. Who may send less than that is short of room.
const FRAME_BYTES: u32 = 16 * 1024;

/// A connection on which a whole window is taken within this time may have twice as much on its way. Longer than any sensible
/// way there and back, within which no more than one window can come.
const PERIOD: Duration = Duration::from_secs(1);

/// The room of one connection.
#[derive(Debug)]
pub struct Credit {
    /// What the peer may send, as far as it was told.
    left: Cell<i64>,
    /// What may come and not be taken.
    window: Cell<u32>,
    most: u32,
    /// What was taken, and since when.
    taken: Cell<u32>,
    since: Cell<Instant>,
    short: Cell<bool>,
    wanted: Cell<bool>,
    /// Those who wait for what the peer sends, each by its number.
    readers: RefCell<Vec<(u32, Waker)>>,
    numbered: Cell<u32>,
    task: RefCell<Waker>,
}

impl Credit {
    /// Room that grows up to `most` octets.
    #[must_use]
    pub fn up_to(most: u32, now: Instant) -> Self {
        Self {
            left: Cell::new(FIRST_WINDOW.into()),
            window: Cell::new(FIRST_WINDOW.min(most)),
            most,
            taken: Cell::new(0),
            since: Cell::new(now),
            short: Cell::new(false),
            wanted: Cell::new(false),
            readers: RefCell::default(),
            numbered: Cell::new(0),
            task: RefCell::new(Waker::noop().clone()),
        }
    }

    /// Notes what the peer may send now.
    pub fn note(&self, left: i64) {
        self.left.set(left);
    }

    /// For the task of the connection, when all that came is at hand and all that could be granted is: the window that is to
    /// be, if it has to grow. Twofold when all of it was taken in no time, and by a frame for those who wait while it is full.
    pub fn grow(&self, now: Instant, cx: &Context<'_>) -> Option<u32> {
        self.task.borrow_mut().clone_from(cx.waker());
        let short = self.left.get() < FRAME_BYTES.into();
        if short && !self.short.get() {
            // those who still want something say so
            self.readers.borrow().iter().for_each(|(_, reader)| reader.wake_by_ref());
        }
        self.short.set(short);
        let window = self.window.get();
        let (wanted, filled) = (self.wanted.take(), self.taken.get() >= window);
        let late = now.saturating_duration_since(self.since.get()) > PERIOD;
        if filled || late {
            self.taken.set(0);
            self.since.set(now);
        }
        let step = match (filled && !late, wanted && short) {
            (true, _) => window,
            (false, true) => FRAME_BYTES,
            (false, false) => return None,
        };
        self.window.set(window.saturating_add(step).min(self.most));
        (self.window.get() > window).then(|| self.window.get())
    }
}

/// One who takes octets that come by a connection.
#[derive(Debug)]
pub struct Reader {
    credit: Rc<Credit>,
    number: Option<u32>,
}

impl Reader {
    /// One of this connection.
    #[must_use]
    pub fn of(credit: &Rc<Credit>) -> Self {
        Self { credit: Rc::clone(credit), number: None }
    }

    /// Notes that so many octets were passed on.
    pub fn take(&self, count: usize) {
        let taken = &self.credit.taken;
        taken.set(taken.get().saturating_add(count.try_into().unwrap_or(u32::MAX)));
    }

    /// Notes that nothing has come, and that something is wanted.
    pub fn wait(&mut self, cx: &Context<'_>) {
        let credit = &self.credit;
        if self.number.is_none() {
            let number = credit.numbered.get();
            credit.numbered.set(number.wrapping_add(1));
            credit.readers.borrow_mut().push((number, cx.waker().clone()));
            self.number = Some(number);
        }
        let grows = credit.short.get() && credit.window.get() < credit.most;
        if grows && !credit.wanted.replace(true) {
            credit.task.borrow().wake_by_ref();
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let mut readers = self.credit.readers.borrow_mut();
        if let Some(place) = readers.iter().position(|(other, _)| *other == number) {
            readers.swap_remove(place);
        }
    }
}
