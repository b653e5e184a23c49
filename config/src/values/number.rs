//! Counts, ranks, switches and permissions.

use serde_json::{Value, json};

use crate::language::{Word, Write, Wrong};

/// A whole number, at least `MIN` and at most `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whole<const MIN: u32, const MAX: u32>(pub(crate) u32);

impl<const MIN: u32, const MAX: u32> Word for Whole<MIN, MAX> {
    const WANTED: &'static str = "a whole number";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let bounds = || format!("write a whole number from {MIN} to {MAX}");
        if text.is_empty() || !text.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(Wrong::not(text, "a whole number", bounds()));
        }
        match text.parse() {
            Ok(number) if (MIN..=MAX).contains(&number) => Ok(Self(number)),
            _ => Err(Wrong::new(format!("`{text}` is out of bounds"), bounds())),
        }
    }

    fn word_schema() -> Value {
        json!({"type": "integer", "minimum": MIN, "maximum": MAX})
    }
}

impl<const MIN: u32, const MAX: u32> Write for Whole<MIN, MAX> {
    fn write(&self) -> Value {
        json!(self.0)
    }
}

/// A number such as `1.9`, with up to three digits behind the point; at least `MIN` and at most `MAX` thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal<const MIN: u32, const MAX: u32>(pub(crate) u32);

/// Digits behind the point.
const PLACES: usize = 3;

impl<const MIN: u32, const MAX: u32> Word for Decimal<MIN, MAX> {
    const WANTED: &'static str = "a number such as `1.9`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let bounds = || format!("write a number from {} to {}", Self(MIN).text(), Self(MAX).text());
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
        if !are_digits(whole) || !are_digits(part) || part.len() > PLACES {
            return Err(Wrong::not(text, "a number", bounds()));
        }
        match format!("{whole}{part:0<PLACES$}").parse() {
            Ok(number) if (MIN..=MAX).contains(&number) => Ok(Self(number)),
            _ => Err(Wrong::new(format!("`{text}` is out of bounds"), bounds())),
        }
    }

    fn word_schema() -> Value {
        json!({"type": "number", "minimum": f64::from(MIN) / 1000.0, "maximum": f64::from(MAX) / 1000.0})
    }
}

impl<const MIN: u32, const MAX: u32> Decimal<MIN, MAX> {
    fn text(self) -> String {
        let text = format!("{}.{:03}", self.0 / 1000, self.0 % 1000);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

impl<const MIN: u32, const MAX: u32> Write for Decimal<MIN, MAX> {
    fn write(&self) -> Value {
        match self.0 % 1000 {
            0 => json!(self.0 / 1000),
            _ => json!(f64::from(self.0) / 1000.0),
        }
    }
}

/// The status of a redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RedirectStatus(pub(crate) u16);

const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];

impl Word for RedirectStatus {
    const WANTED: &'static str = "the status of a redirect";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let status = text.parse().ok().filter(|status| REDIRECTS.contains(status));
        status.map(Self).ok_or_else(|| {
            let help = "301 and 308 are for good, 302, 303 and 307 for now; 307 and 308 keep the method";
            Wrong::not(text, "the status of a redirect", help)
        })
    }

    fn word_schema() -> Value {
        json!({"enum": REDIRECTS})
    }
}

impl Write for RedirectStatus {
    fn write(&self) -> Value {
        json!(self.0)
    }
}

/// Decides between routes that match equally.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rank(pub(crate) i32);

impl Word for Rank {
    const WANTED: &'static str = "a whole number";

    fn parse(text: &str) -> Result<Self, Wrong> {
        text.parse()
            .map(Self)
            .map_err(|_| Wrong::not(text, "a rank", "write a whole number; higher goes first"))
    }

    fn word_schema() -> Value {
        json!({"type": "integer", "minimum": i32::MIN, "maximum": i32::MAX})
    }
}

impl Write for Rank {
    fn write(&self) -> Value {
        json!(self.0)
    }
}

/// `true` or `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) bool);

impl Word for Flag {
    const WANTED: &'static str = "`true` or `false`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        text.parse().map(Self).map_err(|_| Wrong::not(text, "a switch", "write `true` or `false`"))
    }

    fn word_schema() -> Value {
        json!({"type": "boolean"})
    }
}

impl Write for Flag {
    fn write(&self) -> Value {
        json!(self.0)
    }
}

/// `"0660"`: who may read and write, in octal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SocketMode(pub(crate) u32);

impl Word for SocketMode {
    const WANTED: &'static str = "permissions such as `0660`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let digits = text.len() == 4 && text.starts_with('0');
        match u32::from_str_radix(text, 8) {
            Ok(mode) if digits => Ok(Self(mode)),
            _ => {
                let help =
                    "write four octal digits: `0600` for the owner, `0660` for the group too, `0666` for all";
                Err(Wrong::not(text, "permissions", help))
            }
        }
    }

    fn word_schema() -> Value {
        json!({"type": ["string", "integer"], "examples": ["0600", "0660", "0666"]})
    }
}

impl Write for SocketMode {
    fn write(&self) -> Value {
        json!(format!("{:04o}", self.0))
    }
}
