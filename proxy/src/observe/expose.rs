//! The text that a scraper reads: OpenMetrics 1.0, or the classic Prometheus text format 0.0.4.

use std::fmt::{Display, Write};

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
        self.line(self.suffix, labels, value);
    }

    /// Adds one histogram: for each bound in seconds how many values do not exceed it, then how many there are and
    /// their sum in seconds.
    pub fn histogram(&mut self, labels: &[Label<'_>], buckets: &[(f64, u64)], count: u64, sum: f64) {
        for (bound, below) in buckets {
            // a whole number needs its point: OpenMetrics wants floats here
            let bound = format!("{bound:?}");
            self.line("_bucket", &[labels, &[("le", &bound)]].concat(), below);
        }
        self.line("_bucket", &[labels, &[("le", "+Inf")]].concat(), count);
        self.line("_sum", labels, sum);
        self.line("_count", labels, count);
    }

    fn line(&mut self, suffix: &str, labels: &[Label<'_>], value: impl Display) {
        self.exposition.line(format_args!("{}{suffix}{} {value}", self.name, Labels(labels)));
    }
}

struct Labels<'a>(&'a [Label<'a>]);

impl Display for Labels<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (position, (name, value)) in self.0.iter().enumerate() {
            let before = if position == 0 { '{' } else { ',' };
            write!(f, "{before}{name}=\"{}\"", Escaped { text: value, quotes: true })?;
        }
        f.write_str(if self.0.is_empty() { "" } else { "}" })
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
