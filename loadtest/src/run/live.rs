//! One line a second, for whoever watches.

use std::fmt;

use super::lane::Glimpse;
use super::plan::Plan;
use super::tally::Tally;
use crate::failure::Failure;

/// The lines.
#[derive(Debug)]
pub struct Live {
    plan: Plan,
    lanes: usize,
    heard: usize,
    seconds: u64,
    sum: Tally,
}

impl Live {
    /// Before the first second.
    ///
    /// # Errors
    /// Those of [`Tally::new`].
    pub fn new(plan: &Plan, lanes: usize) -> Result<Self, Failure> {
        Ok(Self { plan: plan.clone(), lanes, heard: 0, seconds: 0, sum: Tally::new()? })
    }

    /// Takes what one lane saw; gives a line when all have spoken.
    pub fn take(&mut self, (span, tally): &Glimpse) -> Option<String> {
        self.sum.add(tally);
        self.heard += 1;
        if self.heard < self.lanes {
            return None;
        }
        self.heard = 0;
        self.seconds += 1;
        let second = Second { number: self.seconds, live: self, span: *span };
        let line = second.to_string();
        self.sum.take();
        Some(line)
    }
}

struct Second<'a> {
    number: u64,
    live: &'a Live,
    span: usize,
}

impl fmt::Display for Second<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = &self.live.sum;
        let span = self.live.plan.spans().get(self.span);
        write!(f, "{:>4} s  {:>7}/s", self.number, sum.answers())?;
        if let Some(rate) = span.and_then(|span| span.rate) {
            write!(f, " of {rate}")?;
        }
        let at = |quantile| Micros(sum.latency.value_at_quantile(quantile));
        write!(f, "  p50 {}  p99 {}  max {}", at(0.5), at(0.99), Micros(sum.latency.max()))?;
        if sum.faults.sum() > 0 {
            write!(f, "  errors {}", sum.faults.sum())?;
        }
        let not_ok = sum.answers() - sum.ok();
        if not_ok > 0 {
            write!(f, "  not ok {not_ok}")?;
        }
        for (name, count) in sum.versions.iter().take(4) {
            write!(f, "  {name} {:.1}%", 100.0 * *count as f64 / sum.answers().max(1) as f64)?;
        }
        if span.is_some_and(|span| !span.measured) {
            f.write_str("  (warm-up)")?;
        }
        Ok(())
    }
}

/// Nanoseconds as people read them.
#[derive(Debug, Clone, Copy)]
pub struct Micros(pub u64);

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0 as f64 / 1_000.0;
        let text = match micros {
            0.0..100.0 => format!("{micros:.1} µs"),
            100.0..10_000.0 => format!("{micros:.0} µs"),
            10_000.0..1_000_000.0 => format!("{:.1} ms", micros / 1_000.0),
            _ => format!("{:.2} s", micros / 1_000_000.0),
        };
        f.pad(&text)
    }
}
