//! The figures: as JSON, whose fields stay as they are, and as text. `docs/load-generator.md` says what each field means.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::live::Micros;
use super::plan::Span;
use super::tally::{Faults, Tally};

/// All figures of a run.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// What was asked.
    pub url: String,
    /// `open`, `stepped` or `closed`.
    pub mode: &'static str,
    /// How many connections asked.
    pub connections: usize,
    /// Requests at once on each connection, by HTTP/2; none by HTTP/1.1.
    pub streams: Option<usize>,
    /// How many threads asked.
    pub threads: usize,
    /// When measuring began, in seconds since 1970.
    pub began: f64,
    /// CPU time of the generator in all, in seconds.
    pub cpu_seconds: f64,
    /// Over all that was measured.
    #[serde(flatten)]
    pub whole: Measured,
    /// Rate by rate, or stretch by stretch, where there were several.
    pub steps: Vec<Measured>,
}

/// The figures of a stretch of time.
#[derive(Debug, Serialize)]
pub struct Measured {
    /// Requests per second that were to be sent; of several rates the mean; none in a closed loop.
    pub rate_wanted: Option<f64>,
    /// Whole answers per second.
    pub rate_got: f64,
    /// How long it was, in seconds.
    pub seconds: f64,
    /// Requests that were sent.
    pub requests: u64,
    /// Whole answers with a status from 200 to 399, less the calls that failed.
    pub ok: u64,
    /// Requests without a whole answer.
    pub errors: Faults,
    /// Requests that were never sent, because no connection was free in time.
    pub late: u64,
    /// Whole answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Whole answers by the status of the call, where they are of gRPC.
    pub grpc_statuses: BTreeMap<u16, u64>,
    /// Whole answers by the version that they name.
    pub versions: BTreeMap<String, u64>,
    /// What passed.
    #[serde(flatten)]
    pub bodies: Bodies,
    /// How long it took.
    #[serde(flatten)]
    pub times: Times,
}

/// From when a request should have been sent to the last byte of its answer.
#[derive(Debug, Serialize)]
pub struct Times {
    /// None without an answer.
    pub latency_us: Option<Latency>,
    /// Latencies in microseconds, and how many answers had each.
    pub histogram: Vec<(f64, u64)>,
}

/// Bytes of bodies.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Bodies {
    /// That were received.
    pub bytes_in: u64,
    /// That were sent.
    pub bytes_out: u64,
}

/// Latencies in microseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Latency {
    min: f64,
    mean: f64,
    p50: f64,
    p90: f64,
    p99: f64,
    p999: f64,
    max: f64,
}

fn micros(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1_000.0
}

/// Seconds and requests of spans.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    seconds: f64,
    requests: Option<f64>,
}

impl Wanted {
    /// What these spans want until `end`.
    pub fn of<'a>(spans: impl Iterator<Item = &'a Span>, end: u64) -> Self {
        let mut wanted = Self::default();
        for span in spans {
            let seconds = span.seconds_until(end);
            wanted.seconds += seconds;
            if let Some(rate) = span.rate {
                *wanted.requests.get_or_insert_default() += seconds * rate.get() as f64;
            }
        }
        wanted
    }
}

impl Measured {
    /// The figures of a tally.
    pub fn new(tally: &Tally, wanted: Wanted) -> Self {
        let per_second = |count: f64| if wanted.seconds > 0.0 { count / wanted.seconds } else { 0.0 };
        let latency = &tally.latency;
        let at = |quantile| micros(latency.value_at_quantile(quantile).min(latency.max()));
        let latency_us = (!latency.is_empty()).then(|| Latency {
            min: micros(latency.min()),
            mean: latency.mean() / 1_000.0,
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: micros(latency.max()),
        });
        Self {
            rate_wanted: wanted.requests.map(per_second),
            rate_got: per_second(tally.answers() as f64),
            seconds: wanted.seconds,
            requests: tally.requests(),
            ok: tally.ok(),
            errors: tally.faults,
            late: tally.late,
            statuses: tally.statuses.clone(),
            grpc_statuses: tally.grpc_statuses.clone(),
            versions: tally.versions.clone(),
            bodies: Bodies { bytes_in: tally.bytes_in, bytes_out: tally.bytes_out },
            times: Times { latency_us, histogram: histogram(tally) },
        }
    }

    /// Whole answers.
    pub fn answers(&self) -> u64 {
        self.statuses.values().sum()
    }
}

/// The recorded latencies.
fn histogram(tally: &Tally) -> Vec<(f64, u64)> {
    let recorded = tally.latency.iter_recorded();
    recorded.map(|bar| (micros(bar.value_iterated_to()), bar.count_since_last_iteration())).collect()
}

/// From which share of its threads' time on a generator measures itself.
const BUSY: f64 = 0.9;

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = &self.whole;
        let mean = if self.steps.is_empty() { "" } else { " on average" };
        write!(f, "{}: {:.1} answers/s{mean}", self.url, whole.rate_got)?;
        if let Some(wanted) = whole.rate_wanted {
            write!(f, " of {wanted:.1} wanted")?;
        }
        write!(f, ", {:.1} s, {} connections", whole.seconds, self.connections)?;
        match self.streams {
            Some(streams) => writeln!(f, " of HTTP/2 with {streams} streams each")?,
            None => writeln!(f)?,
        }
        whole.fmt(f)?;
        if !self.steps.is_empty() {
            let names = ["p50", "p99", "p99.9", "max"];
            write!(f, "\n\n{:>9} {:>11}", "wanted/s", "answers/s")?;
            names.iter().try_for_each(|name| write!(f, " {name:>9}"))?;
            write!(f, " {:>7} {:>7}", "errors", "late")?;
        }
        self.steps.iter().try_for_each(|step| step.row(f))?;
        Ok(())
    }
}

impl Figures {
    /// Whether the generator had hardly a moment to spare: then the figures are as much its own as the server's.
    pub fn is_busy(&self, wall_seconds: f64) -> bool {
        self.cpu_seconds > BUSY * wall_seconds * self.threads as f64
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Faults { connect, reset, timeout, malformed } = self.errors;
        writeln!(f, "requests {}  ok {}  late {}", self.requests, self.ok, self.late)?;
        writeln!(f, "errors   connect {connect}  reset {reset}  timeout {timeout}  malformed {malformed}")?;
        let shares = |f: &mut fmt::Formatter<'_>, name: &dyn fmt::Display, count: u64| {
            write!(f, "  {name}: {count} ({:.2}%)", 100.0 * count as f64 / self.answers().max(1) as f64)
        };
        f.write_str("statuses")?;
        self.statuses.iter().try_for_each(|(status, count)| shares(f, status, *count))?;
        if !self.grpc_statuses.is_empty() {
            f.write_str("\ncalls   ")?;
            self.grpc_statuses.iter().try_for_each(|(status, count)| shares(f, status, *count))?;
        }
        if !self.versions.is_empty() {
            f.write_str("\nversions")?;
            self.versions.iter().try_for_each(|(name, count)| shares(f, name, *count))?;
        }
        write!(f, "\nbodies   {} bytes in, {} out", self.bodies.bytes_in, self.bodies.bytes_out)?;
        let Some(latency) = self.times.latency_us else { return Ok(()) };
        let named = [
            ("min", latency.min),
            ("p50", latency.p50),
            ("p90", latency.p90),
            ("p99", latency.p99),
            ("p99.9", latency.p999),
            ("max", latency.max),
        ];
        f.write_str("\nlatency")?;
        named
            .iter()
            .try_for_each(|(name, micros)| write!(f, "  {name} {}", Micros((micros * 1_000.0) as u64)))
    }
}

impl Measured {
    fn row(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = self.rate_wanted.unwrap_or_default();
        write!(f, "\n{wanted:>9.0} {:>11.1}", self.rate_got)?;
        let latency = self.times.latency_us.map(|l| [l.p50, l.p99, l.p999, l.max]);
        match latency {
            Some(named) => {
                named.iter().try_for_each(|us| write!(f, " {:>9}", Micros((us * 1_000.0) as u64)))?;
            }
            None => write!(f, " {:>9} {:>9} {:>9} {:>9}", "-", "-", "-", "-")?,
        }
        write!(f, " {:>7} {:>7}", self.errors.sum(), self.late)
    }
}
