//! `2026-11-21T12:00:00Z`.

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::language::{Word, Write, Wrong};

impl Word for SystemTime {
    const WANTED: &'static str = "a moment such as `2026-11-21T12:00:00Z`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        humantime::parse_rfc3339(text)
            .map_err(|_| Wrong::not(text, "a moment", "a moment is written in UTC: `2026-11-21T12:00:00Z`"))
    }

    fn word_schema() -> Value {
        json!({"type": "string", "format": "date-time"})
    }
}

impl Write for SystemTime {
    fn write(&self) -> Value {
        json!(humantime::format_rfc3339(*self).to_string())
    }
}
