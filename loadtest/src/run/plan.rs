//! When what is asked: fixed before the first request is sent. Pure; times are nanoseconds since the start.

use std::num::NonZeroU64;
use std::time::Duration;

/// A span of time in which one rate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// When it begins.
    pub from: u64,
    /// When it ends.
    pub to: u64,
    /// Requests per second; none where each answer brings the next request.
    pub rate: Option<NonZeroU64>,
    /// How many requests there are before it.
    first: u64,
    /// How many requests it has; of use only with a rate.
    count: u64,
    /// Whether its answers are measured; those of the warm-up are not.
    pub measured: bool,
}

impl Span {
    /// How much of it there is until `end`, in seconds.
    pub fn seconds_until(&self, end: u64) -> f64 {
        Duration::from_nanos(self.to.min(end).saturating_sub(self.from)).as_secs_f64()
    }
}

/// A request whose time has been set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Its number.
    pub index: u64,
    /// When it should be sent.
    pub at: u64,
    /// The span that it belongs to.
    pub span: usize,
}

/// All spans, one after the other, without gaps.
#[derive(Debug, Clone)]
pub struct Plan {
    spans: Vec<Span>,
}

impl Plan {
    /// A warm-up at the first of the rates, and then each of them for as long as `each`.
    pub fn new(warmup: Duration, rates: &[Option<NonZeroU64>], each: Duration) -> Self {
        let mut spans: Vec<Span> = Vec::new();
        let warm = (warmup, rates.first().copied().flatten(), false);
        let measured = rates.iter().map(|rate| (each, *rate, true));
        for (length, rate, measured) in std::iter::once(warm).chain(measured) {
            let before = spans.last();
            let from = before.map_or(0, |span| span.to);
            let first = before.map_or(0, |span| span.first + span.count);
            let length = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
            let count = rate.map_or(0, |rate| count(length, rate));
            spans.push(Span { from, to: from.saturating_add(length), rate, first, count, measured });
        }
        Self { spans }
    }

    /// The spans.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// When the last span ends.
    pub fn end(&self) -> u64 {
        self.spans.last().map_or(0, |span| span.to)
    }

    /// The request with this number, whatever the time is; nothing behind the last.
    pub fn at(&self, index: u64) -> Option<Due> {
        let number = self.spans.partition_point(|span| span.first + span.count <= index);
        let span = self.spans.get(number)?;
        let (before, rate) = (index - span.first, span.rate?.get());
        // whole seconds and the rest, so that nothing overflows and nothing drifts
        let at = span.from + before / rate * SECOND + before % rate * SECOND / rate;
        Some(Due { index, at, span: number })
    }

    /// The span that holds at a time; nothing behind the last.
    pub fn span_at(&self, at: u64) -> Option<usize> {
        let number = self.spans.partition_point(|span| span.to <= at);
        (number < self.spans.len()).then_some(number)
    }
}

/// A second, in nanoseconds.
pub const SECOND: u64 = 1_000_000_000;

/// How many requests begin within so many nanoseconds: the first at once, each next after the rate's interval.
fn count(length: u64, rate: NonZeroU64) -> u64 {
    let all = u128::from(length) * u128::from(rate.get());
    u64::try_from(all.div_ceil(u128::from(SECOND))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
