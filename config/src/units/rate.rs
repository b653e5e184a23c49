//! `10/s`, `600/min`, `5/h`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::language::{Word, Write, Wrong};
use crate::model::Rate;

#[cfg(test)]
mod tests;

/// The units, and their lengths in seconds.
const UNITS: [(&str, u64); 3] = [("s", 1), ("min", 60), ("h", 3600)];

/// More is a slip of the pen.
const COUNT_MAX: u32 = 10_000_000;

impl Word for Rate {
    const WANTED: &'static str = "a rate such as `10/s`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        const HELP: &str = "a rate is a count and its unit of time: `10/s`, `600/min`, `5/h`";
        let Some((count, unit)) = text.split_once('/') else {
            let number = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
            let help = if number { format!("a rate needs a unit: `{text}/s`") } else { HELP.to_owned() };
            return Err(Wrong::not(text, "a rate", help));
        };
        let unit = UNITS.iter().find(|(name, _)| *name == unit);
        let are_digits = !count.is_empty() && count.bytes().all(|octet| octet.is_ascii_digit());
        let Some((_, seconds)) = unit.filter(|_| are_digits) else {
            return Err(Wrong::not(text, "a rate", HELP));
        };
        match count.parse() {
            Ok(count @ 1..=COUNT_MAX) => Ok(Self { count, per: Duration::from_secs(*seconds) }),
            _ => Err(Wrong::new(
                format!("`{text}` is out of bounds"),
                format!("write a count from 1 to {COUNT_MAX}"),
            )),
        }
    }

    fn word_schema() -> Value {
        json!({"type": "string", "pattern": "^[0-9]+/(s|min|h)$", "examples": ["10/s", "600/min"]})
    }
}

impl Write for Rate {
    fn write(&self) -> Value {
        json!(self.to_string())
    }
}
