//! What gRPC writes into heads (grpc/grpc doc/PROTOCOL-HTTP2.md). Bodies are not looked into.

use std::time::Duration;

use super::digits::decimal;
use super::fields::{Fields, Known};
use crate::outcome::GrpcStatus;

pub mod web;

mod media_type;

#[cfg(test)]
mod tests;

pub use media_type::is_media_type;

/// The status that a head or trailers tell, if they do. What is no number of a status tells that nobody knows.
#[must_use]
pub fn status(fields: &Fields) -> Option<GrpcStatus> {
    let value = fields.first(Known::GrpcStatus)?;
    let code = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
    Some(code.map_or(GrpcStatus::Unknown, GrpcStatus::of_code))
}

/// So much of a text becomes a message, in octets before they are encoded: clients take heads of 8 KiB.
const MESSAGE_BYTES_MAX: usize = 1024;

/// A text as the value of `grpc-message`: percent-encoded, without the line break at its end.
#[must_use]
pub fn message(text: &str) -> String {
    let text = text.trim_end();
    let ends = text.char_indices().map(|(start, letter)| start + letter.len_utf8());
    let end = ends.take_while(|end| *end <= MESSAGE_BYTES_MAX).last().unwrap_or_default();
    text.get(..end).unwrap_or_default().bytes().fold(String::new(), |mut message, byte| {
        match byte {
            b'%' | ..0x20 | 0x7f.. => message.push_str(&format!("%{byte:02X}")),
            _ => message.push(char::from(byte)),
        }
        message
    })
}

/// Digits that a time limit has at most.
const TIMEOUT_DIGITS_MAX: usize = 8;

/// The first number with more digits than that.
const TIMEOUT_END: u128 = 100_000_000;

/// The units of time limits, in nanoseconds, from the finest on.
const UNITS: [(u8, u64); 6] = [
    (b'n', 1),
    (b'u', 1_000),
    (b'm', 1_000_000),
    (b'S', 1_000_000_000),
    (b'M', 60_000_000_000),
    (b'H', 3_600_000_000_000),
];

/// Reads the value of `grpc-timeout`: one to eight digits and a unit. Nothing when it is none.
#[must_use]
pub fn timeout(value: &[u8]) -> Option<Duration> {
    let (unit, digits) = value.split_last()?;
    let (_, nanoseconds) = UNITS.iter().find(|(letter, _)| letter == unit)?;
    if digits.is_empty() || digits.len() > TIMEOUT_DIGITS_MAX || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let count = digits.iter().fold(0, |count: u32, digit| count * 10 + u32::from(digit - b'0'));
    Some(Duration::from_nanos(*nanoseconds) * count)
}

/// Writes a value of `grpc-timeout`, in the finest unit that it fits in. What is cut off makes it shorter; it is never
/// none, which could not be said.
pub fn write_timeout(left: Duration, text: &mut Vec<u8>) {
    let nanoseconds = left.as_nanos().max(1);
    let fits = |(_, unit): &&(u8, u64)| nanoseconds / u128::from(*unit) < TIMEOUT_END;
    let (letter, unit) = UNITS.iter().find(fits).copied().unwrap_or((b'H', u64::MAX));
    decimal((nanoseconds / u128::from(unit)).min(TIMEOUT_END - 1) as u64, text);
    text.push(letter);
}
