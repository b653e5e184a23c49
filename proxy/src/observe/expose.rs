//! The text that a scraper reads: OpenMetrics 1.0, or the classic Prometheus text format 0.0.4.

use std::borrow::Cow;
use std::fmt::{Display, Write};
use std::time::UNIX_EPOCH;

use crate::observe::exemplar::Exemplar;

#[cfg(test)]
mod tests;

/// The two formats. They differ in the names of counters, in units and in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Prometheus text format 0.0.4.
    Classic,
}

impl Format {
    /// The format that an `Accept` field asks for; the classic one when it does not name OpenMetrics.
    #[must_use]
    pub fn negotiate(accept: &str) -> Self {
        let wants = |range: &str| {
            let (media, parameters) = range.split_once(';').unwrap_or((range, ""));
            let refused = parameters
                .split(';')
                .filter_map(|parameter| parameter.trim().strip_prefix("q="))
                .any(|quality| quality.parse() == Ok(0.0_f32));
            media.trim().eq_ignore_ascii_case("application/openmetrics-text") && !refused
        };
        if accept.split(',').any(wants) { Self::OpenMetrics } else { Self::Classic }
    }

    /// The value of `Content-Type`.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Classic => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// What a family of metrics is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Cumulative buckets, a sum and a count.
    Histogram,
    /// Says something in its labels; always 1.
    Info,
}

impl Shape {
    fn text(self, format: Format) -> &'static str {
        match (self, format) {
            (Self::Counter, _) => "counter",
            (Self::Histogram, _) => "histogram",
            (Self::Info, Format::OpenMetrics) => "info",
            (Self::Gauge | Self::Info, _) => "gauge",
        }
    }

    /// What the name of a sample has more than the name of its family.
    fn suffix(self) -> &'static str {
        match self {
            Self::Counter => "_total",
            Self::Info => "_info",
            Self::Gauge | Self::Histogram => "",
        }
    }
}

/// A label and its value.
pub type Label<'a> = (&'a str, &'a str);

/// A text in the making.
#[derive(Debug)]
pub struct Exposition {
    format: Format,
    text: String,
}

impl Exposition {
    /// An empty text.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self { format, text: String::new() }
    }

    /// The format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Begins a family. All its samples must follow before the next one begins. The unit is the end of the name.
    pub fn family(&mut self, name: &'static str, shape: Shape, help: &str) -> Family<'_> {
        let declared = match (self.format, shape) {
            // the classic format knows only the names of samples
            (Format::Classic, Shape::Counter | Shape::Info) => shape.suffix(),
            _ => "",
        };
        self.line(format_args!("# HELP {name}{declared} {}", Escaped { text: help, quotes: false }));
        self.line(format_args!("# TYPE {name}{declared} {}", shape.text(self.format)));
        let unit = ["seconds", "bytes"].into_iter().find(|unit| name.ends_with(unit));
        if let (Format::OpenMetrics, Some(unit)) = (self.format, unit) {
            self.line(format_args!("# UNIT {name} {unit}"));
        }
        Family { exposition: self, name, suffix: shape.suffix() }
    }

    /// The whole text.
    #[must_use]
    pub fn finish(mut self) -> String {
        if self.format == Format::OpenMetrics {
            self.text.push_str("# EOF\n");
        }
        self.text
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // writing to a string cannot fail
        let _ = self.text.write_fmt(line);
        self.text.push('\n');
    }
}

/// The labels of a row, written once for all its samples.
#[derive(Debug, Clone, Default)]
pub struct Labels(String);

impl Labels {
    /// A row with these labels.
    #[must_use]
    pub fn new<'a>(labels: impl IntoIterator<Item = Label<'a>>) -> Self {
        let mut row = Self::default();
        for (name, value) in labels {
            let comma = if row.0.is_empty() { "" } else { "," };
            // writing to a string cannot fail
            let _ = write!(row.0, "{comma}{name}=\"{}\"", Escaped { text: value, quotes: true });
        }
        row
    }
}

/// One of the cumulative buckets of a histogram.
#[derive(Debug)]
pub struct Bucket<'a> {
    /// The bound in seconds; infinite for the last one.
    pub bound: f64,
    /// How many values do not exceed it.
    pub below: u64,
    /// One of the requests that do not exceed it, but do the bound before.
    pub exemplar: Option<&'a Exemplar>,
}

/// One family of metrics in the making.
#[derive(Debug)]
pub struct Family<'a> {
    exposition: &'a mut Exposition,
    name: &'static str,
    suffix: &'static str,
}

impl Family<'_> {
    /// Adds a sample.
    pub fn sample(&mut self, labels: &[Label<'_>], value: impl Display) {
        self.row(&Labels::new(labels.iter().copied()), &[], value);
    }

    /// Adds a sample of a row, with more labels.
    pub fn row(&mut self, row: &Labels, more: &[Label<'_>], value: impl Display) {
        self.begin(self.suffix, row, more);
        self.exposition.line(format_args!(" {value}"));
    }

    /// Adds one histogram: its buckets up to the infinite one, and the sum of the values in seconds.
    pub fn histogram<'e>(&mut self, row: &Labels, buckets: impl IntoIterator<Item = Bucket<'e>>, sum: f64) {
        let mut count = 0;
        for Bucket { bound, below, exemplar } in buckets {
            count = below;
            self.begin("_bucket", row, &[("le", bound_text(bound).as_ref())]);
            match exemplar.filter(|_| self.exposition.format == Format::OpenMetrics) {
                Some(exemplar) => self.exposition.line(format_args!(" {below} # {}", Shown(exemplar))),
                None => self.exposition.line(format_args!(" {below}")),
            }
        }
        self.begin("_sum", row, &[]);
        self.exposition.line(format_args!(" {sum}"));
        self.begin("_count", row, &[]);
        self.exposition.line(format_args!(" {count}"));
    }

    /// Writes a line up to its value.
    fn begin(&mut self, suffix: &str, row: &Labels, more: &[Label<'_>]) {
        let text = &mut self.exposition.text;
        text.push_str(self.name);
        text.push_str(suffix);
        if row.0.is_empty() && more.is_empty() {
            return;
        }
        text.push('{');
        text.push_str(&row.0);
        if !more.is_empty() {
            let comma = if row.0.is_empty() { "" } else { "," };
            text.push_str(comma);
            text.push_str(&Labels::new(more.iter().copied()).0);
        }
        text.push('}');
    }
}

/// A bound as a label. A whole number needs its point: OpenMetrics wants floats here.
fn bound_text(bound: f64) -> Cow<'static, str> {
    if bound.is_infinite() { Cow::Borrowed("+Inf") } else { Cow::Owned(format!("{bound:?}")) }
}

/// An exemplar as it stands behind a sample (OpenMetrics 1.0, exemplars).
struct Shown<'a>(&'a Exemplar);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Exemplar { identity, id, elapsed, at } = self.0;
        let at = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let id = Escaped { text: id, quotes: true };
        write!(f, "{{{}=\"{id}\"}} {} {}", identity.label(), elapsed.as_secs_f64(), at.as_secs_f64())
    }
}

struct Escaped<'a> {
    text: &'a str,
    quotes: bool,
}

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.text.chars().try_for_each(|character| match character {
            '\\' => f.write_str("\\\\"),
            '\n' => f.write_str("\\n"),
            '"' if self.quotes => f.write_str("\\\""),
            other => f.write_char(other),
        })
    }
}
