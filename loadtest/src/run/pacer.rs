//! Hands out requests when their time has come: to a connection that is free, or to the next that gets free.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::net::unix::pipe::Receiver;

use super::plan::{Due, Plan, SECOND};
use super::watch::Slot;

/// Requests that fall due within so many nanoseconds are handed out together.
const TOGETHER: u64 = 50_000;

/// For so long after the end, in nanoseconds, what fell due before it is still sent.
const GRACE: u64 = SECOND / 10;

/// What there is to do for a connection that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Send this request.
    Ask(Due),
    /// Nothing is due yet.
    Wait,
    /// Nothing will be.
    Over,
}

/// The requests of one lane, and the connections that wait for one. What is due and not taken is the queue: it is as
/// long as the time that a request may wait, and holds nothing but a number.
#[derive(Debug)]
pub struct Pacer {
    plan: Plan,
    /// Lanes take turns: this one has every so many-th request.
    stride: u64,
    next: Cell<u64>,
    announced: Cell<u64>,
    end: Cell<u64>,
    closed: bool,
    /// The longest that a request may wait for a connection, in nanoseconds.
    wait_max: u64,
    parked: RefCell<VecDeque<usize>>,
    late: Vec<Cell<u64>>,
}

impl Pacer {
    /// The requests of lane `number` of so many.
    pub fn new(plan: Plan, number: u64, lanes: u64, wait_max: u64) -> Self {
        let late = plan.spans().iter().map(|_| Cell::new(0)).collect();
        let closed = plan.spans().iter().all(|span| span.rate.is_none());
        Self {
            stride: lanes,
            next: Cell::new(number),
            announced: Cell::new(number),
            end: Cell::new(plan.end()),
            closed,
            wait_max,
            parked: RefCell::new(VecDeque::new()),
            late,
            plan,
        }
    }

    /// Whether each answer brings the next request.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// The span that holds at a time.
    pub fn span_at(&self, now: u64) -> Option<usize> {
        self.plan.span_at(now)
    }

    /// The next request for a connection that is free.
    pub fn take(&self, now: u64) -> Turn {
        if self.closed {
            let span = self.plan.span_at(now).filter(|_| now < self.end.get());
            let index = self.next.get();
            return span.map_or(Turn::Over, |span| {
                self.next.set(index + self.stride);
                Turn::Ask(Due { index, at: now, span })
            });
        }
        loop {
            let due = self.plan.at(self.next.get()).filter(|due| due.at < self.end.get());
            let Some(due) = due.filter(|_| now < self.end.get() + GRACE) else { return Turn::Over };
            if due.at > now {
                return Turn::Wait;
            }
            self.next.set(due.index + self.stride);
            if now - due.at <= self.wait_max {
                return Turn::Ask(due);
            }
            self.count_late(&due);
        }
    }

    /// A connection waits for the next request.
    pub fn park(&self, number: usize, slot: &Slot) {
        if !slot.park(true) {
            self.parked.borrow_mut().push_back(number);
        }
    }

    /// Ends early: nothing is due from now on.
    pub fn stop(&self, now: u64, slots: &[Slot]) {
        if now < self.end.get() {
            self.end.set(now);
            self.wake(usize::MAX, slots);
        }
    }

    /// When it ended, or will.
    pub fn end(&self) -> u64 {
        self.end.get()
    }

    /// Requests by span that were never sent; to be asked when all connections are through.
    pub fn late(&self) -> Vec<u64> {
        while let Some(due) = self.plan.at(self.next.get()).filter(|due| due.at < self.end.get()) {
            self.next.set(due.index + self.stride);
            self.count_late(&due);
        }
        self.late.iter().map(Cell::get).collect()
    }

    /// Wakes connections as requests fall due, until the last has.
    ///
    /// # Errors
    /// When the system gives no timer.
    pub async fn run(&self, slots: &[Slot], now: impl Fn() -> u64) -> io::Result<()> {
        let timer =
            timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        // the runtime polls it like whatever else can be read; `AsyncFd` would want `unsafe` for that
        let timer = Receiver::from_owned_fd_unchecked(timer)?;
        loop {
            let moment = now();
            let Some(next) = self.announce(moment, slots) else { break };
            sleep(&timer, next.saturating_sub(moment).max(TOGETHER)).await?;
        }
        self.wake(usize::MAX, slots);
        Ok(())
    }

    /// Wakes one connection for each request that fell due since the last time; gives when the next will.
    fn announce(&self, now: u64, slots: &[Slot]) -> Option<u64> {
        let mut count = 0;
        let next = loop {
            let due = self.plan.at(self.announced.get()).filter(|due| due.at < self.end.get());
            match due {
                Some(due) if due.at <= now => {
                    self.announced.set(due.index + self.stride);
                    count += 1;
                }
                later => break later.map(|due| due.at),
            }
        };
        self.wake(count, slots);
        next
    }

    /// Wakes so many of those that wait, the longest waiting first.
    fn wake(&self, mut count: usize, slots: &[Slot]) {
        let mut parked = self.parked.borrow_mut();
        while count > 0 {
            let Some(number) = parked.pop_front() else { break };
            // one that took a request meanwhile does not wait any more
            if let Some(slot) = slots.get(number).filter(|slot| slot.park(false)) {
                slot.wake();
                count -= 1;
            }
        }
    }

    fn count_late(&self, due: &Due) {
        if let Some(late) = self.late.get(due.span) {
            late.set(late.get() + 1);
        }
    }
}

/// Sleeps for so many nanoseconds: the runtime's own timers know milliseconds only.
async fn sleep(timer: &Receiver, nanoseconds: u64) -> io::Result<()> {
    let length = Timespec {
        tv_sec: (nanoseconds / SECOND).try_into().unwrap_or(i64::MAX),
        tv_nsec: (nanoseconds % SECOND).try_into().unwrap_or_default(),
    };
    let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: length };
    timerfd_settime(timer.as_fd(), TimerfdTimerFlags::empty(), &once)?;
    loop {
        timer.readable().await?;
        match timer.try_read(&mut [0; size_of::<u64>()]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => return read.map(drop),
        }
    }
}

#[cfg(test)]
mod tests;
