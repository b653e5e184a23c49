//! One access log at its place: what waits is written, failures are told once and tried again.

use std::io;
use std::time::{Duration, Instant};

use towpath_config::model::LogPlace;

use super::outlet::Outlet;
use super::queue::{Next, QueueEnd};
use crate::observe::tally::LogCounter;

#[cfg(test)]
mod tests;

/// Lines that are written at once.
const BATCH_BYTES: usize = 256 << 10;

/// So much of one log is written before another has its turn.
const TURN_BYTES: usize = 4 << 20;

/// Turns of a log before its file is opened anew: more than its queue can hold.
const REOPEN_TURNS_MAX: usize = 512;

/// How long a place rests that has failed.
const RETRY: Duration = Duration::from_secs(1);

/// How long a slow reader of a log that no table has any more may take for the rest of it.
const ABANDONED_LIMIT: Duration = Duration::from_secs(10);

/// So often a failure that goes on is told.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Something was written, and more may come soon.
    Busy,
    /// There was nothing to write.
    Idle,
    /// What is there cannot be written now.
    Stuck,
    /// Everything is written, and nothing will come any more.
    Over,
}

/// A log and its place.
#[derive(Debug)]
pub(super) struct Place {
    queue: QueueEnd,
    outlet: Option<Outlet>,
    /// Lines that were taken from the queue, and how much of them is written.
    batch: Vec<u8>,
    written: usize,
    ended: bool,
    failing: bool,
    rests_until: Option<Instant>,
    /// When a failure was told last, and whether its end is to be told.
    told: Option<Instant>,
    owes_end: bool,
    /// When it was seen first that no table has this log any more.
    abandoned: Option<Instant>,
}

impl Place {
    /// The place of this queue. It is opened with its first turn.
    pub(super) fn new(queue: QueueEnd) -> Self {
        Self {
            queue,
            outlet: None,
            batch: Vec::new(),
            written: 0,
            ended: false,
            failing: false,
            rests_until: None,
            told: None,
            owes_end: false,
            abandoned: None,
        }
    }

    /// The place, as the table has it.
    pub(super) fn name(&self) -> &str {
        &self.queue.name
    }

    /// Opens the place if it is not; says whether people look at it.
    pub(super) fn prepare(&mut self, now: Instant) -> bool {
        if self.outlet.is_none()
            && let Err(fault) = self.open()
        {
            self.failed(&fault, now);
        }
        self.outlet.as_ref().is_some_and(Outlet::is_terminal)
    }

    /// Has the workers write colours.
    pub(super) fn colour(&self, coloured: bool) {
        self.queue.colour(coloured);
    }

    /// Writes what waits, as far as it goes without waiting.
    pub(super) fn turn(&mut self, now: Instant) -> Turn {
        if self.rests_until.is_some_and(|until| now < until) {
            return Turn::Stuck;
        }
        let mut moved = 0;
        while moved < TURN_BYTES {
            self.fill();
            if self.is_written() {
                return match (self.ended, moved) {
                    (true, _) => Turn::Over,
                    (false, 0) => Turn::Idle,
                    (false, _) => Turn::Busy,
                };
            }
            match self.write() {
                Ok(count) => {
                    moved += count;
                    self.recovered();
                }
                Err(fault) if fault.kind() == io::ErrorKind::WouldBlock && self.outlet.is_some() => {
                    return if moved > 0 { Turn::Busy } else { Turn::Stuck };
                }
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
                Err(fault) => {
                    self.failed(&fault, now);
                    return Turn::Stuck;
                }
            }
        }
        Turn::Busy
    }

    /// Whether it cannot be written to, as far as is known.
    pub(super) fn is_failing(&self) -> bool {
        self.failing
    }

    /// Whether what is stuck is not worth the wait: no table has this log any more, and its place fails, or its reader
    /// had time enough.
    pub(super) fn is_given_up(&mut self, now: Instant) -> bool {
        if !self.queue.is_abandoned() {
            return false;
        }
        let since = *self.abandoned.get_or_insert(now);
        self.failing || now.duration_since(since) >= ABANDONED_LIMIT
    }

    /// Lines that are not written.
    pub(super) fn unwritten(&mut self) -> usize {
        let mut rest = self.batch.get(self.written..).unwrap_or_default().to_vec();
        while self.queue.take(&mut rest) == Next::Line {}
        lines(&rest)
    }

    /// Opens the place anew: what waits so far is written where it was, what comes later goes to what stands there now.
    /// Does nothing to what is no file; says whether it is one.
    ///
    /// # Errors
    /// It cannot be opened; then it is tried again.
    pub(super) fn reopen(&mut self, now: Instant) -> io::Result<bool> {
        if !matches!(self.queue.place, LogPlace::File(_)) {
            return Ok(false);
        }
        self.rests_until = None;
        // lines that come meanwhile are at home in either file
        for _ in 0..REOPEN_TURNS_MAX {
            if self.turn(now) != Turn::Busy {
                break;
            }
        }
        self.rests_until = None;
        let opened = self.open();
        if let Err(fault) = &opened {
            self.outlet = None;
            self.failed(fault, now);
        }
        opened.map(|()| true)
    }

    fn is_written(&self) -> bool {
        self.written == self.batch.len()
    }

    /// Takes lines from the queue, when those before them are written.
    fn fill(&mut self) {
        if !self.is_written() {
            return;
        }
        self.batch.clear();
        self.written = 0;
        while self.batch.len() < BATCH_BYTES {
            match self.queue.take(&mut self.batch) {
                Next::Line => {}
                Next::Nothing => return,
                Next::End => {
                    self.ended = true;
                    return;
                }
            }
        }
    }

    fn write(&mut self) -> io::Result<usize> {
        // what has failed may be another file by now
        if self.outlet.is_none() || self.failing {
            self.open()?;
        }
        let outlet = self.outlet.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let rest = self.batch.get(self.written..).unwrap_or_default();
        let count = outlet.write(rest)?;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.queue.count(LogCounter::Lines, lines(rest.get(..count).unwrap_or_default()) as u64);
        self.written += count;
        Ok(count)
    }

    /// Opens the place. A line of which only a part went to another one is written again, whole.
    fn open(&mut self) -> io::Result<()> {
        let opened = Outlet::open(&self.queue.place)?;
        let same = self.outlet.as_ref().is_some_and(|outlet| outlet.is_same(&opened));
        if !same {
            let done = self.batch.get(..self.written).unwrap_or_default();
            self.written = done.iter().rposition(|octet| *octet == b'\n').map_or(0, |end| end + 1);
        }
        self.outlet = Some(opened);
        Ok(())
    }

    fn failed(&mut self, fault: &io::Error, now: Instant) {
        self.queue.count(LogCounter::Failures, 1);
        self.failing = true;
        self.rests_until = Some(now + RETRY);
        if self.outlet.as_ref().is_some_and(|outlet| !outlet.survives_failure()) {
            self.outlet = None;
        }
        if self.told.is_none_or(|told| now.duration_since(told) >= TOLD_EVERY) {
            (self.told, self.owes_end) = (Some(now), true);
            tracing::warn!(log = self.name(), %fault, "an access log cannot be written; it is tried again each second");
        }
    }

    fn recovered(&mut self) {
        self.failing = false;
        self.rests_until = None;
        if std::mem::take(&mut self.owes_end) {
            tracing::info!(log = self.name(), "the access log is written again");
        }
    }
}

/// The lines that end here.
fn lines(octets: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', octets).count()
}
