//! `5%`, `0.1%`.

use serde_json::{Value, json};

use crate::language::{Word, Write, Wrong};
use crate::model::Percent;

#[cfg(test)]
mod tests;

/// Digits behind the point: millionths of the whole.
const PLACES: usize = 4;

impl Word for Percent {
    const WANTED: &'static str = "a percentage such as `5%`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let Some(number) = text.strip_suffix('%') else {
            let help = format!("a percentage is written with its sign: `{text}%`, `0.1%`");
            return Err(Wrong::not(text, "a percentage", help));
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
        let millionths = (are_digits(whole) && are_digits(part) && part.len() <= PLACES)
            .then(|| format!("{whole}{part:0<PLACES$}").parse::<u32>().ok());
        match millionths {
            Some(Some(millionths @ 1..=Self::ALL)) => Ok(Self(millionths)),
            Some(_) => {
                Err(Wrong::new(format!("`{text}` is out of bounds"), "write more than 0% and at most 100%"))
            }
            None => Err(Wrong::not(
                text,
                "a percentage",
                "write `5%`, or `0.1%` with up to four digits behind the point",
            )),
        }
    }

    fn word_schema() -> Value {
        json!({"type": "string", "pattern": "^[0-9]+([.][0-9]{1,4})?%$", "examples": ["5%", "0.1%"]})
    }
}

impl Write for Percent {
    fn write(&self) -> Value {
        json!(self.to_string())
    }
}
