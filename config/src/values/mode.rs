//! Permissions of a file.

use serde_json::{Value, json};

use crate::language::{Word, Write, Wrong};

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
