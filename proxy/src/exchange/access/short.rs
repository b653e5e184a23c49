//! The line for people who watch: when, how it ended, how long it took, what was asked, and who answered.

use std::fmt::{self, Display};
use std::io::Write;
use std::time::{Duration, UNIX_EPOCH};

use super::line::Told;
use crate::observe::access_log::escape;
use crate::observe::series::Sample;
use crate::outcome::GrpcStatus;

const FAINT: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const CYAN: &str = "\x1b[36m";
const PLAIN: &str = "\x1b[0m";

/// Puts a colour around what is written, where there are colours.
struct Painter {
    coloured: bool,
}

impl Painter {
    fn paint(&self, line: &mut Vec<u8>, colour: &str, write: impl FnOnce(&mut Vec<u8>)) {
        if self.coloured {
            line.extend_from_slice(colour.as_bytes());
        }
        write(line);
        if self.coloured {
            line.extend_from_slice(PLAIN.as_bytes());
        }
    }
}

/// Writes the line of an exchange, or of a connection.
pub(super) fn write(told: &Told<'_>, coloured: bool, line: &mut Vec<u8>) {
    let painter = Painter { coloured };
    let Sample { status, grpc, elapsed, request_bytes, response_bytes, .. } = *told.ended.sample;
    let (values, reason) = (&told.ended.values, told.ended.noted.reason);
    let since_midnight = told.began.duration_since(UNIX_EPOCH).unwrap_or_default();
    painter.paint(line, FAINT, |line| put(line, Clock(since_midnight)));
    if status > 0 {
        painter.paint(line, colour(status), |line| put(line, format_args!(" {status}")));
        put(line, format_args!(" {:>7} ", Short(elapsed).to_string()));
        asked(values.method, line);
        line.push(b' ');
        asked(values.path, line);
    } else {
        let elapsed = Short(elapsed).to_string();
        put(line, format_args!(" tcp {elapsed:>7} {} {request_bytes}B/{response_bytes}B", values.listener));
    }
    match (values.endpoint, reason) {
        (Some(endpoint), reason) => {
            painter.paint(line, FAINT, |line| put(line, format_args!("  {} → {endpoint}", values.route)));
            let failed = grpc.filter(|status| *status != GrpcStatus::Ok);
            let broken = failed.map(|status| format!("  {status}")).unwrap_or_default();
            painter.paint(line, RED, |line| line.extend_from_slice(broken.as_bytes()));
            let broken = reason.map(|reason| format!("  {reason}")).unwrap_or_default();
            painter.paint(line, RED, |line| line.extend_from_slice(broken.as_bytes()));
        }
        (None, Some(reason)) => {
            let route = if values.route.is_empty() { "" } else { " → " };
            painter.paint(line, FAINT, |line| put(line, format_args!("  {}{route}", values.route)));
            let bad = if status > 0 { colour(status) } else { RED };
            painter.paint(line, bad, |line| put(line, reason));
        }
        (None, None) => {}
    }
}

/// What the client said, so that it steers no terminal.
fn asked(text: &str, line: &mut Vec<u8>) {
    let start = line.len();
    line.extend_from_slice(text.as_bytes());
    escape::text(line, start);
}

fn colour(status: u16) -> &'static str {
    match status {
        ..300 => GREEN,
        300..400 => CYAN,
        400..500 => YELLOW,
        500.. => RED,
    }
}

/// The time of day, in UTC.
struct Clock(Duration);

impl Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
        write!(f, "{hours:02}:{minutes:02}:{:02}.{:03}Z", seconds % 60, self.0.subsec_millis())
    }
}

/// A time in three digits or so.
struct Short(Duration);

impl Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_secs_f64() * 1e3;
        match millis {
            ..1.0 => write!(f, "{}µs", self.0.as_micros()),
            ..100.0 => write!(f, "{millis:.1}ms"),
            ..1000.0 => write!(f, "{millis:.0}ms"),
            _ => write!(f, "{:.2}s", self.0.as_secs_f64()),
        }
    }
}

fn put(line: &mut Vec<u8>, text: impl Display) {
    // writing to a vector cannot fail
    let _ = write!(line, "{text}");
}
