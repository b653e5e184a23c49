//! Lines for programs: JSON, and text by a template.

use std::io::Write;
use std::time::{Duration, SystemTime};

use towpath_config::model::{LogField, LogPart, LogTemplate, LogValue};

use super::ended::Ended;
use crate::codec::digits::decimal;
use crate::filter::edits::render_part;
use crate::observe::access_log::escape;
use crate::outcome::GrpcStatus;

/// What stands in a template for what has no value.
const NOTHING: &[u8] = b"-";

/// What has ended, and when it began.
pub(super) struct Told<'a> {
    pub(super) ended: &'a Ended<'a>,
    pub(super) began: SystemTime,
}

impl Told<'_> {
    /// An object of what has a value.
    pub(super) fn json(&self, fields: &[LogField], line: &mut Vec<u8>) {
        line.push(b'{');
        let first = line.len();
        for field in fields {
            let back = line.len();
            if back > first {
                line.push(b',');
            }
            let quote: &[u8] = if is_number(field.value()) { b"" } else { b"\"" };
            for part in [b"\"", field.name().as_bytes(), b"\":", quote] {
                line.extend_from_slice(part);
            }
            let start = line.len();
            self.push(field.value(), line);
            if line.len() == start {
                line.truncate(back);
                continue;
            }
            if !quote.is_empty() {
                escape::json(line, start);
            }
            line.extend_from_slice(quote);
        }
        line.push(b'}');
    }

    /// Text, in which what has no value is [`NOTHING`].
    pub(super) fn template(&self, template: &LogTemplate, line: &mut Vec<u8>) {
        for part in template.parts() {
            match part {
                LogPart::Literal(text) => line.extend_from_slice(text.as_bytes()),
                LogPart::Value(value) => {
                    let start = line.len();
                    self.push(value, line);
                    escape::text(line, start);
                    line.extend_from_slice(if line.len() == start { NOTHING } else { b"" });
                }
            }
        }
    }

    /// Writes a value as it is, or nothing when there is none.
    fn push(&self, value: &LogValue, line: &mut Vec<u8>) {
        let Ended { values, peer, noted, sample, .. } = self.ended;
        match value {
            LogValue::Request(part) => render_part(part, values, line),
            LogValue::ResponseHeader(name) => {
                line.extend_from_slice(noted.response_header(name).unwrap_or_default());
            }
            LogValue::Time => put(line, format_args!("{}", humantime::format_rfc3339_millis(self.began))),
            LogValue::Duration => seconds(line, sample.elapsed),
            LogValue::FirstByte => sample.first_byte.into_iter().for_each(|elapsed| seconds(line, elapsed)),
            LogValue::Protocol => {
                if let Some(head) = self.ended.head() {
                    line.extend_from_slice(b"HTTP/");
                    line.extend_from_slice(head.version.number().as_bytes());
                }
            }
            LogValue::Query => {
                let query = self.ended.head().and_then(|head| head.query());
                line.extend_from_slice(query.unwrap_or_default().as_bytes());
            }
            LogValue::Status if sample.status == 0 => {}
            LogValue::Status => decimal(sample.status.into(), line),
            LogValue::GrpcStatus => {
                line.extend_from_slice(sample.grpc.map_or("", GrpcStatus::name).as_bytes());
            }
            LogValue::Reason => line.extend_from_slice(noted.reason.unwrap_or_default().as_bytes()),
            LogValue::Attempts if noted.attempts == 0 => {}
            LogValue::Attempts => decimal(noted.attempts.into(), line),
            LogValue::RequestBytes => decimal(sample.request_bytes, line),
            LogValue::ResponseBytes => decimal(sample.response_bytes, line),
            LogValue::Compression => {
                let token = noted.compressed().map(|(algorithm, _)| algorithm.token());
                line.extend_from_slice(token.unwrap_or_default().as_bytes());
            }
            LogValue::BytesBefore => {
                noted.compressed().into_iter().for_each(|(_, before)| decimal(before, line));
            }
            LogValue::Peer => line.extend_from_slice(peer.text.as_bytes()),
            LogValue::TraceId => line.extend_from_slice(self.ended.trace().unwrap_or_default()),
        }
    }
}

/// Whether a value is a number in JSON.
fn is_number(value: &LogValue) -> bool {
    match value {
        LogValue::Duration
        | LogValue::FirstByte
        | LogValue::Status
        | LogValue::Attempts
        | LogValue::RequestBytes
        | LogValue::ResponseBytes
        | LogValue::BytesBefore => true,
        LogValue::Time
        | LogValue::GrpcStatus
        | LogValue::Protocol
        | LogValue::Query
        | LogValue::Reason
        | LogValue::Compression
        | LogValue::Peer
        | LogValue::TraceId
        | LogValue::ResponseHeader(_)
        | LogValue::Request(_) => false,
    }
}

fn seconds(line: &mut Vec<u8>, elapsed: Duration) {
    decimal(elapsed.as_secs(), line);
    let point = line.len();
    // a seventh digit keeps the zeros behind the point, and makes room for it
    decimal(u64::from(elapsed.subsec_micros()) + 1_000_000, line);
    if let Some(seventh) = line.get_mut(point) {
        *seventh = b'.';
    }
}

fn put(line: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // writing to a vector cannot fail
    let _ = line.write_fmt(text);
}
