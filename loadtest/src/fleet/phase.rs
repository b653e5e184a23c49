//! What happens in a stretch of time: who is done when, and what it took. Pure; `now` is an argument.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::proxy::Heard;

#[cfg(test)]
mod tests;

/// A stretch of time in which each proxy has something to reach: to be in sync, or to have acknowledged a change.
#[derive(Debug)]
pub struct Phase {
    begun: Instant,
    /// When the first response came.
    first: Option<Instant>,
    /// When the last one came.
    latest: Instant,
    /// When each proxy last did what it was to do.
    done: Vec<Option<Duration>>,
    reached: usize,
    took: Took,
}

/// What was received.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Took {
    /// Responses.
    pub responses: u64,
    /// Resources in them.
    pub resources: u64,
    /// Names in them that are gone.
    pub removed: u64,
    /// Octets of them, as messages.
    pub bytes: u64,
}

impl Phase {
    /// Begins, for so many proxies.
    pub fn begin(proxies: usize, now: Instant) -> Self {
        Self {
            begun: now,
            first: None,
            latest: now,
            done: vec![None; proxies],
            reached: 0,
            took: Took::default(),
        }
    }

    /// A proxy has received a response.
    pub fn heard(&mut self, heard: &Heard, now: Instant) {
        self.first.get_or_insert(now);
        self.latest = now;
        self.took.responses += 1;
        self.took.resources += heard.resources as u64;
        self.took.removed += heard.removed as u64;
        self.took.bytes += heard.bytes as u64;
    }

    /// A proxy has done what it was to do, for the first time or again.
    pub fn done(&mut self, proxy: usize, now: Instant) {
        if let Some(done) = self.done.get_mut(proxy) {
            self.reached += usize::from(done.is_none());
            *done = Some(now.duration_since(self.begun));
        }
    }

    /// Whether all have, and nothing more came for so long.
    pub fn is_over(&self, quiet: Duration, now: Instant) -> bool {
        self.reached == self.done.len() && self.is_quiet(quiet, now)
    }

    /// Whether something came, and then nothing for so long.
    pub fn is_quiet(&self, for_long: Duration, now: Instant) -> bool {
        self.first.is_some() && now.duration_since(self.latest) >= for_long
    }

    /// How long each took that has, in milliseconds since the beginning.
    pub fn times(&self) -> Vec<f64> {
        self.done.iter().flatten().map(millis).collect()
    }

    /// The figures.
    pub fn figures(&self) -> PhaseFigures {
        let first = self.first.map(|first| millis(&first.duration_since(self.begun)));
        let since_first = self.times().into_iter().map(|time| time - first.unwrap_or_default());
        PhaseFigures {
            proxies: self.reached,
            of: self.done.len(),
            first_response_ms: first,
            time_ms: Spread::of(self.times()),
            since_first_response_ms: Spread::of(since_first.collect()),
            took: self.took,
        }
    }
}

fn millis(time: &Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// The figures of a phase. Times are in milliseconds.
#[derive(Debug, Clone, Serialize)]
pub struct PhaseFigures {
    /// How many proxies did what they were to do.
    pub proxies: usize,
    /// Of so many.
    pub of: usize,
    /// From the beginning to the first response that any of them received.
    pub first_response_ms: Option<f64>,
    /// From the beginning to when each had done it.
    pub time_ms: Option<Spread>,
    /// From the first response to when each had done it.
    pub since_first_response_ms: Option<Spread>,
    /// What was received.
    #[serde(flatten)]
    pub took: Took,
}

/// How times are spread, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Half of them are at most this.
    pub p50: f64,
    /// 99 of 100 are at most this.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl Spread {
    /// The spread of these; none of none.
    pub fn of(mut times: Vec<f64>) -> Option<Self> {
        times.sort_unstable_by(f64::total_cmp);
        let max = *times.last()?;
        // the nearest rank: the smallest that so many are not above
        let at = |percent: usize| times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Self { p50: at(50)?, p99: at(99)?, max })
    }
}
