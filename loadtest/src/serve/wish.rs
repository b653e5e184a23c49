//! What a request wishes for itself: `delay=20ms,status=503,reset,garbage,size=1MiB,trickle=10/50ms,close`.

use std::str::FromStr;

use crate::quantity::{Delay, Size, Trickle};

/// What goes before the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wish {
    /// How long the answer takes.
    pub delay: Option<Delay>,
    /// The status.
    pub status: Option<u16>,
    /// The size of the body.
    pub size: Option<Size>,
    /// The body in small pieces.
    pub trickle: Option<Trickle>,
    /// No answer but a reset of the connection.
    pub reset: bool,
    /// Bytes that are no answer.
    pub garbage: bool,
    /// The connection is closed after the answer.
    pub close: bool,
}

impl FromStr for Wish {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut wish = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some(("delay", value)) => wish.delay = Some(value.parse()?),
                Some(("status", value)) => wish.status = Some(status(value)?),
                Some(("size", value)) => wish.size = Some(value.parse()?),
                Some(("trickle", value)) => wish.trickle = Some(value.parse()?),
                None if part == "reset" => wish.reset = true,
                None if part == "garbage" => wish.garbage = true,
                None if part == "close" => wish.close = true,
                _ => {
                    return Err(format!(
                        "`{part}` is nothing to wish for; there are delay=, status=, size=, trickle=, reset, garbage and close"
                    ));
                }
            }
        }
        Ok(wish)
    }
}

fn status(text: &str) -> Result<u16, String> {
    let status = text.parse().ok().filter(|status| (200..=599).contains(status));
    status.ok_or_else(|| format!("`{text}` is no status of an answer; write 200 to 599"))
}

#[cfg(test)]
mod tests;
