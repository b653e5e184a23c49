//! What stands in answers, in words.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

/// The text under a key; empty when there is none.
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// As [`text`], for a terminal: what others wrote moves no cursor and begins no line.
pub fn line(value: &Value, key: &str) -> String {
    let escaped = |letter: char| match letter.is_control() {
        true => letter.escape_default().to_string(),
        false => letter.to_string(),
    };
    text(value, key).chars().map(escaped).collect()
}

/// The number under a key; 0 when there is none.
pub fn count(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or_default()
}

/// The texts of a map, by their keys.
pub fn texts<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let map = value.get(key).and_then(Value::as_object).into_iter().flatten();
    map.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
}

/// When something was, by the clock of the server.
pub fn time(value: &Value) -> String {
    let time = UNIX_EPOCH.checked_add(Duration::from_millis(count(value, "time_ms"))).unwrap_or(UNIX_EPOCH);
    humantime::format_rfc3339_seconds(time).to_string()
}

/// From where a change came.
pub fn origin(value: &Value) -> String {
    match value.get("origin") {
        Some(Value::String(origin)) => origin.clone(),
        Some(origin) => format!("rollback {}", count(origin, "rollback")),
        None => String::new(),
    }
}

/// How long ago, in the two largest units that say anything.
pub fn ago(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h{}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d{}h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

/// A text as a step of a path or a value of a query (RFC 3986 §2.1).
pub fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            out.push(char::from(octet));
        } else {
            out.push_str(&format!("%{octet:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests;
