//! `250ms`, `30s`, `5m`, `1h`, `1d`, `1m30s`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::language::{Word, Write, Wrong};

/// Reads a time as documents write it.
///
/// # Errors
/// What is wrong with it.
pub fn duration(text: &str) -> Result<Duration, String> {
    Duration::parse(text).map_err(|wrong| format!("{}: {}", wrong.found, wrong.help))
}

/// The units, largest first, in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// A longer time is a slip of the pen.
const DAYS_MAX: u64 = 3650;

impl Word for Duration {
    const WANTED: &'static str = "a time such as `30s`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        const HELP: &str = "a time is written with its unit: `250ms`, `30s`, `5m`, `1h`, `1d`, `1m30s`";
        if !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit()) {
            let help = match text.bytes().all(|octet| octet == b'0') {
                true => "write `1ms` or more, or `none` if the key may have no limit".to_owned(),
                false => format!("a time needs a unit: `{text}s`"),
            };
            return Err(Wrong::not(text, "a time", help));
        }
        let mut rest = text;
        let mut sum: u64 = 0;
        // taken from the largest to the smallest, each once: `1m30s`, not `30s1m`
        let mut units = UNITS.iter();
        while !rest.is_empty() {
            let (amount, after) = number(rest).ok_or_else(|| Wrong::not(text, "a time", HELP))?;
            let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
            let (unit, after) = after.split_at(letters);
            let Some((_, size)) = units.find(|(name, _)| *name == unit) else {
                let known = UNITS.iter().any(|(name, _)| *name == unit);
                let help = if known { "write the larger unit first, and each once: `1m30s`" } else { HELP };
                return Err(Wrong::not(text, "a time", help));
            };
            sum = amount.checked_mul(*size).and_then(|part| sum.checked_add(part)).unwrap_or(u64::MAX);
            rest = after;
        }
        match sum {
            0 if text.is_empty() => Err(Wrong::not(text, "a time", HELP)),
            0 => Err(Wrong::new(
                format!("`{text}` is no time at all"),
                "write `1ms` or more, or `none` if the key may have no limit",
            )),
            sum if sum > DAYS_MAX * 86_400_000 => Err(Wrong::new(
                format!("`{text}` is too long"),
                "3650d is the longest time, or write `none` if the key may have no limit",
            )),
            sum => Ok(Self::from_millis(sum)),
        }
    }

    fn word_schema() -> Value {
        json!({"type": "string", "pattern": r"^([0-9]+(d|h|m|s|ms))+$", "examples": ["250ms", "30s", "1m30s"]})
    }
}

/// The digits at the beginning, as a number, and what follows.
fn number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, after) = text.split_at(end);
    Some((digits.parse().ok()?, after))
}

impl Write for Duration {
    fn write(&self) -> Value {
        let mut rest = self.as_millis() as u64;
        let mut out = String::new();
        for (name, size) in UNITS {
            if rest >= size {
                out.push_str(&format!("{}{name}", rest / size));
                rest %= size;
            }
        }
        json!(out)
    }
}

#[cfg(test)]
mod tests;
