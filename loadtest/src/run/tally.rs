//! What was seen: of one span by one lane, or of all together.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::failure::Failure;

/// The most names of versions that are told apart; the others are counted as [`OTHER_VERSIONS`].
const VERSIONS_MAX: usize = 64;

/// Where versions beyond the limit are counted.
const OTHER_VERSIONS: &str = "(others)";

/// Significant digits of a latency.
const DIGITS: u8 = 3;

/// Why a request has no whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No connection could be had for it.
    Connect,
    /// The connection ended before the answer did.
    Reset,
    /// The answer took too long.
    Timeout,
    /// What came was no answer.
    Malformed,
}

/// Requests without a whole answer, by fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Faults {
    /// See [`Fault::Connect`].
    pub connect: u64,
    /// See [`Fault::Reset`].
    pub reset: u64,
    /// See [`Fault::Timeout`].
    pub timeout: u64,
    /// See [`Fault::Malformed`].
    pub malformed: u64,
}

impl Faults {
    fn of(&mut self, fault: Fault) -> &mut u64 {
        match fault {
            Fault::Connect => &mut self.connect,
            Fault::Reset => &mut self.reset,
            Fault::Timeout => &mut self.timeout,
            Fault::Malformed => &mut self.malformed,
        }
    }

    /// All of them.
    pub fn sum(&self) -> u64 {
        self.connect + self.reset + self.timeout + self.malformed
    }
}

/// A whole answer.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// Its status.
    pub status: u16,
    /// The version that it names; empty where it names none.
    pub version: &'a [u8],
    /// How the call went, where it was one of gRPC.
    pub grpc: Option<u16>,
}

/// What became of a request.
#[derive(Debug, Clone, Copy)]
pub struct Outcome<'a> {
    /// The answer, or why there is no whole one.
    pub answer: Result<Answered<'a>, Fault>,
    /// Bytes of its body that came.
    pub bytes_in: u64,
    /// Bytes of the request's body that went.
    pub bytes_out: u64,
}

/// Counts and latencies.
#[derive(Debug, Clone)]
pub struct Tally {
    /// Latencies of whole answers, in nanoseconds.
    pub latency: Histogram<u64>,
    /// Whole answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Whole answers by the status of the call, where they are of gRPC.
    pub grpc_statuses: BTreeMap<u16, u64>,
    /// Whole answers by the version that they name.
    pub versions: BTreeMap<String, u64>,
    /// Requests without a whole answer.
    pub faults: Faults,
    /// Requests that were never sent: no connection was free in time.
    pub late: u64,
    /// Bytes of bodies that were received.
    pub bytes_in: u64,
    /// Bytes of bodies that were sent.
    pub bytes_out: u64,
}

impl Tally {
    /// Nothing seen yet.
    ///
    /// # Errors
    /// Never: the number of digits is one that the histogram takes.
    pub fn new() -> Result<Self, Failure> {
        let latency = Histogram::new(DIGITS).map_err(|error| Failure::Usage(error.to_string()))?;
        Ok(Self {
            latency,
            statuses: BTreeMap::new(),
            grpc_statuses: BTreeMap::new(),
            versions: BTreeMap::new(),
            faults: Faults::default(),
            late: 0,
            bytes_in: 0,
            bytes_out: 0,
        })
    }

    /// Gives what was counted and begins again with nothing.
    pub fn take(&mut self) -> Self {
        let mut fresh = self.clone();
        (fresh.statuses, fresh.grpc_statuses, fresh.versions) = Default::default();
        fresh.latency.reset();
        (fresh.faults, fresh.late, fresh.bytes_in, fresh.bytes_out) = (Faults::default(), 0, 0, 0);
        std::mem::replace(self, fresh)
    }

    /// Counts what became of a request; `latency` is from when it should have been sent until the last byte, in
    /// nanoseconds.
    pub fn record(&mut self, outcome: &Outcome<'_>, latency: u64) {
        self.bytes_in += outcome.bytes_in;
        self.bytes_out += outcome.bytes_out;
        let answer = match outcome.answer {
            Ok(answer) => answer,
            Err(fault) => {
                *self.faults.of(fault) += 1;
                return;
            }
        };
        // it grows with what comes, so that whatever comes can be recorded
        let _ = self.latency.record(latency);
        *self.statuses.entry(answer.status).or_default() += 1;
        if let Some(status) = answer.grpc {
            *self.grpc_statuses.entry(status).or_default() += 1;
        }
        if !answer.version.is_empty() {
            self.version(&String::from_utf8_lossy(answer.version), 1);
        }
    }

    /// Takes in what another saw.
    pub fn add(&mut self, other: &Self) {
        // both grow as they must, so the sum has room
        let _ = self.latency.add(&other.latency);
        for (sums, counts) in
            [(&mut self.statuses, &other.statuses), (&mut self.grpc_statuses, &other.grpc_statuses)]
        {
            counts.iter().for_each(|(status, count)| *sums.entry(*status).or_default() += count);
        }
        other.versions.iter().for_each(|(name, count)| self.version(name, *count));
        for fault in [Fault::Connect, Fault::Reset, Fault::Timeout, Fault::Malformed] {
            *self.faults.of(fault) += *other.faults.clone().of(fault);
        }
        self.late += other.late;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
    }

    /// Whole answers.
    pub fn answers(&self) -> u64 {
        self.latency.len()
    }

    /// Whole answers with a status from 200 to 399, less the calls that failed.
    pub fn ok(&self) -> u64 {
        let well: u64 = self.statuses.range(200..400).map(|(_, count)| count).sum();
        // a call that failed is answered with 200
        well.saturating_sub(self.grpc_statuses.range(1..).map(|(_, count)| count).sum())
    }

    /// Requests that were sent, or would have been if a connection could be had.
    pub fn requests(&self) -> u64 {
        self.answers() + self.faults.sum()
    }

    fn version(&mut self, name: &str, count: u64) {
        if let Some(sum) = self.versions.get_mut(name) {
            *sum += count;
            return;
        }
        let name = if self.versions.len() < VERSIONS_MAX { name } else { OTHER_VERSIONS };
        *self.versions.entry(name.to_owned()).or_default() += count;
    }
}

#[cfg(test)]
mod tests;
