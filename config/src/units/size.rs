//! `512B`, `64KiB`, `10MiB`, `1GiB`, and `64KB`, `10MB`, `1GB` by thousands.

use serde_json::{Value, json};

use crate::language::{Word, Write, Wrong};

const UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

/// A number of octets, at least `MIN` and at most `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size<const MIN: u64, const MAX: u64>(pub(crate) u64);

impl<const MIN: u64, const MAX: u64> Word for Size<MIN, MAX> {
    const WANTED: &'static str = "a size such as `64KiB`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        const HELP: &str = "a size is written with its unit: `512B`, `64KiB`, `10MiB`, `1GiB`";
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, unit) = text.split_at(split);
        if unit.is_empty() && !digits.is_empty() {
            return Err(Wrong::not(text, "a size", format!("a size needs a unit: `{text}B`, `64KiB`")));
        }
        let size = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, size)| *size);
        let (Ok(amount), Some(size)) = (digits.parse::<u64>(), size) else {
            return Err(Wrong::not(text, "a size", HELP));
        };
        match amount.checked_mul(size).filter(|sum| (MIN..=MAX).contains(sum)) {
            Some(sum) => Ok(Self(sum)),
            None => {
                let (least, most) = (Self(MIN).text(), Self(MAX).text());
                Err(Wrong::new(format!("`{text}` is out of bounds"), format!("from {least} to {most}")))
            }
        }
    }

    fn word_schema() -> Value {
        json!({"type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB|KB|MB|GB)$", "examples": ["64KiB", "10MiB"]})
    }
}

impl<const MIN: u64, const MAX: u64> Size<MIN, MAX> {
    fn text(self) -> String {
        let unit = UNITS.iter().find(|(_, size)| self.0 >= *size && self.0.is_multiple_of(*size));
        let (name, size) = unit.unwrap_or(&("B", 1));
        format!("{}{name}", self.0 / size)
    }
}

impl<const MIN: u64, const MAX: u64> Write for Size<MIN, MAX> {
    fn write(&self) -> Value {
        json!(self.text())
    }
}

#[cfg(test)]
mod tests;
