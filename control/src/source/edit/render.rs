//! Values as YAML.

use serde_json::Value;

use super::meaning::is_literal;

/// What is longer does not stand on one line.
const LINE_MAX: usize = 80;

/// A value on one line. `quoted` as JSON writes it, otherwise without quotes where that says the same.
pub(super) fn inline(value: &Value, quoted: bool) -> String {
    match value {
        Value::String(text) => scalar(text, quoted),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| inline(item, quoted)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(name, value)| format!("{}: {}", key(name, quoted), inline(value, quoted)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        literal => literal.to_string(),
    }
}

/// Whether a value deserves lines of its own.
pub(super) fn is_long(value: &Value, column: usize) -> bool {
    match value {
        Value::Array(items) => !items.is_empty() && column + inline(value, false).chars().count() > LINE_MAX,
        Value::Object(entries) => {
            !entries.is_empty() && column + inline(value, false).chars().count() > LINE_MAX
        }
        _ => false,
    }
}

/// The lines of a list or a map that is not empty, `column` spaces before each.
pub(super) fn block(value: &Value, column: usize, step: usize) -> Vec<String> {
    let indent = " ".repeat(column);
    match value {
        Value::Object(entries) => {
            entries.iter().flat_map(|(name, value)| entry(name, value, column, step)).collect()
        }
        Value::Array(items) => {
            let item = |item: &Value| match item {
                Value::Object(entries) if is_long(item, column + 2) && !entries.is_empty() => {
                    let mut lines = block(item, column + 2, step);
                    if let Some(first) = lines.first_mut() {
                        *first = format!("{indent}- {}", first.trim_start());
                    }
                    lines
                }
                _ => vec![format!("{indent}- {}", inline(item, false))],
            };
            items.iter().flat_map(item).collect()
        }
        scalar => vec![format!("{indent}{}", inline(scalar, false))],
    }
}

/// The lines of one `key: value`.
pub(super) fn entry(name: &str, value: &Value, column: usize, step: usize) -> Vec<String> {
    let head = format!("{}{}:", " ".repeat(column), key(name, false));
    if is_long(value, head.chars().count() + 1) {
        let mut lines = vec![head];
        lines.extend(block(value, column + step, step));
        return lines;
    }
    vec![format!("{head} {}", inline(value, false))]
}

/// A key.
pub(super) fn key(name: &str, quoted: bool) -> String {
    // some readers take `a:b` in brackets for two words
    scalar(name, quoted || name.contains(':'))
}

fn scalar(text: &str, quoted: bool) -> String {
    if !quoted && is_plain(text) { text.to_owned() } else { double_quoted(text) }
}

/// Whether a text says the same without quotes, between brackets as well.
fn is_plain(text: &str) -> bool {
    let inner = |each: char| each.is_alphanumeric() || "-_./:@+%=~*()^$ ".contains(each);
    let starts = text.starts_with(|first: char| first.is_alphanumeric() || "/_".contains(first));
    let ends = text.ends_with(|last: char| !" :".contains(last));
    starts && ends && text.chars().all(inner) && !text.contains(": ") && !is_literal(text)
}

fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for each in text.chars() {
        match each {
            '"' | '\\' => out.extend(['\\', each]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            // not printable, or ends a line for some readers
            _ if each.is_control() || "\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}".contains(each) => {
                out.push_str(&format!("\\u{:04x}", u32::from(each)));
            }
            _ => out.push(each),
        }
    }
    out.push('"');
    out
}
