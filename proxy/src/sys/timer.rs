//! Deadlines: one cell per connection, swept by one tick per worker. Arming one is two stores.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// How often a worker looks at its deadlines: the precision of every timeout.
pub const TICK: Duration = Duration::from_millis(10);

/// The deadlines of one worker.
#[derive(Debug)]
pub struct Timers {
    now: Cell<Instant>,
    cells: RefCell<Vec<Rc<TimerCell>>>,
    first: Notify,
    soonest: Cell<Option<Instant>>,
    dropped: Cell<usize>,
}

#[derive(Debug, Default)]
struct TimerCell {
    due: Cell<Option<Instant>>,
    fired: Cell<bool>,
    waits: Cell<Waits>,
    latest: Cell<Option<Instant>>,
    dropped: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// What a connection waits for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Waits {
    /// Something that will come by itself, or fail.
    #[default]
    Busy,
    /// A next request.
    Idle,
    /// Whatever a tunnel carries.
    Tunnel,
}

/// The deadline of one connection.
#[derive(Debug)]
pub struct Timer {
    cell: Rc<TimerCell>,
    timers: Rc<Timers>,
}

/// A deadline has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed;

impl Default for Timers {
    fn default() -> Self {
        Self {
            now: Cell::new(Instant::now()),
            cells: RefCell::default(),
            first: Notify::new(),
            soonest: Cell::new(None),
            dropped: Cell::new(0),
        }
    }
}

impl Timers {
    /// One more deadline, not armed.
    #[must_use]
    pub fn timer(self: &Rc<Self>) -> Timer {
        let cell = Rc::new(TimerCell::default());
        let mut cells = self.cells.borrow_mut();
        if cells.is_empty() {
            // nobody has looked at the clock while there was nothing to sweep
            self.now.set(Instant::now());
            self.first.notify_one();
        }
        cells.push(Rc::clone(&cell));
        Timer { cell, timers: Rc::clone(self) }
    }

    /// The time at the last tick.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now.get()
    }

    /// Wakes everybody whose deadline has passed. Looks at nobody while none can have.
    pub fn sweep(&self) {
        let now = Instant::now();
        self.now.set(now);
        let passed = self.soonest.get().is_some_and(|soonest| soonest <= now);
        let dropped = self.dropped.get();
        if passed || (dropped > 0 && dropped * 2 >= self.cells.borrow().len()) {
            self.wake(|cell| cell.due.get().is_some_and(|due| due <= now));
        }
    }

    /// Gives those that wait for `what` a deadline that cannot be put off, unless theirs comes sooner.
    pub fn hasten(&self, what: Waits, mut latest: impl FnMut() -> Instant) {
        for cell in self.cells.borrow().iter().filter(|cell| cell.waits.get() == what) {
            let latest = Some(latest());
            cell.latest.set(latest);
            cell.due.set(earlier(cell.due.get(), latest));
            self.soonest.set(earlier(self.soonest.get(), latest));
        }
    }

    fn wake(&self, is_due: impl Fn(&TimerCell) -> bool) {
        let mut soonest = None;
        self.cells.borrow_mut().retain(|cell| {
            if !cell.dropped.get() && !cell.fired.get() && is_due(cell) {
                cell.fired.set(true);
                if let Some(waker) = cell.waker.borrow_mut().take() {
                    waker.wake();
                }
            }
            if !cell.fired.get() && !cell.dropped.get() {
                soonest = earlier(soonest, cell.due.get());
            }
            !cell.dropped.get()
        });
        self.soonest.set(soonest);
        self.dropped.set(0);
    }

    /// Sweeps for ever; a worker without connections sleeps.
    pub async fn run(self: Rc<Self>) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            self.sweep();
            if self.cells.borrow().is_empty() {
                self.first.notified().await;
            }
        }
    }
}

impl Timer {
    /// All deadlines of the worker.
    #[must_use]
    pub fn timers(&self) -> &Rc<Timers> {
        &self.timers
    }

    /// The time at the last tick.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.timers.now()
    }

    /// Sets the deadline, or takes it away.
    pub fn arm(&self, due: Option<Instant>) {
        self.arm_for(Waits::Busy, due);
    }

    /// Sets the deadline of a connection that waits for something that a drain does not wait for.
    pub fn arm_for(&self, what: Waits, due: Option<Instant>) {
        if self.cell.waits.replace(what) != what {
            self.cell.latest.set(None);
        }
        let due = earlier(due, self.cell.latest.get());
        self.timers.soonest.set(earlier(self.timers.soonest.get(), due));
        self.cell.due.set(due);
        self.cell.fired.set(false);
    }

    /// Gives what is waited for now a deadline that cannot be put off.
    pub fn end_by(&self, latest: Instant) {
        self.cell.latest.set(earlier(self.cell.latest.get(), Some(latest)));
        self.cell.due.set(earlier(self.cell.due.get(), Some(latest)));
        self.timers.soonest.set(earlier(self.timers.soonest.get(), Some(latest)));
    }

    /// Whether the deadline that has passed is one that could not be put off.
    #[must_use]
    pub fn is_hastened(&self) -> bool {
        self.cell.latest.get().is_some_and(|latest| latest <= self.now())
    }

    /// Whether the deadline has passed; if not, wakes this task when it does.
    pub fn poll_fired(&self, cx: &mut Context<'_>) -> bool {
        if self.cell.fired.get() {
            return true;
        }
        let mut waker = self.cell.waker.borrow_mut();
        match waker.as_mut() {
            Some(waker) => waker.clone_from(cx.waker()),
            None => *waker = Some(cx.waker().clone()),
        }
        false
    }

    /// Runs a future until it is done or `due` passes.
    ///
    /// # Errors
    /// `due` passed first.
    pub async fn within<T>(
        &self,
        due: Option<Instant>,
        future: impl Future<Output = T>,
    ) -> Result<T, Elapsed> {
        let mut future = pin!(future);
        self.arm(due);
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(value) => Poll::Ready(Ok(value)),
            Poll::Pending if self.poll_fired(cx) => Poll::Ready(Err(Elapsed)),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.cell.dropped.set(true);
        self.timers.dropped.set(self.timers.dropped.get() + 1);
    }
}

/// The earlier of two deadlines.
#[must_use]
pub fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests;
