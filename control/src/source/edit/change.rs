//! Which pieces of the text a change replaces. `None` stands for a text that is written in a way that is not known here.

use serde_json::{Map, Value};
use towpath_config::{Content, Outline, OutlineEntry, Style};

use super::meaning::Meaning;
use super::place::{Splice, Text, is_absent};
use super::render;
use super::way::Way;

/// A value below keys.
pub(super) fn nested(path: &[String], value: &Value) -> Value {
    path.iter().rev().fold(value.clone(), |value, key| Value::Object(Map::from_iter([(key.clone(), value)])))
}

/// By how much the first map in a map is indented.
pub(super) fn step(text: Text<'_>, outline: &Outline) -> Option<usize> {
    let Content::Map(entries) = &outline.content else { return None };
    entries.iter().find_map(|entry| {
        let inner = (entry.value.style == Style::Block).then_some(entry.value.span.start)?;
        let deeper = text.column(inner)?.checked_sub(text.column(entry.key_span.start)?);
        deeper.filter(|step| *step > 0).or_else(|| step(text, &entry.value))
    })
}

/// The first words of a document that says nothing yet.
pub(super) fn beginning(text: Text<'_>, value: &Value) -> Vec<Splice> {
    let end = text.text.len();
    let before = if text.line_start(end) == end { "" } else { text.newline };
    let with = format!("{before}{}{}", open(value, 2).join(text.newline), text.newline);
    vec![Splice { range: end..end, with }]
}

/// The lines of a document or a section: each of its entries has its own.
fn open(value: &Value, step: usize) -> Vec<String> {
    let Value::Object(entries) = value else { return render::block(value, 0, step) };
    entries.iter().flat_map(|(key, value)| section(key, value, 0, step)).collect()
}

fn section(key: &str, value: &Value, column: usize, step: usize) -> Vec<String> {
    match value {
        Value::Object(inner) if column == 0 && !inner.is_empty() => {
            let mut lines = vec![format!("{}:", render::key(key, false))];
            lines.extend(render::block(value, step, step));
            lines
        }
        _ => render::entry(key, value, column, step),
    }
}

/// Whether a key is written in double quotes, as in JSON.
fn is_quoted(text: Text<'_>, entry: &OutlineEntry) -> bool {
    text.get(entry.key_span.clone()).starts_with('"')
}

pub(super) fn insert(
    text: Text<'_>,
    way: &Way<'_>,
    key: &str,
    value: &Value,
    step: usize,
) -> Option<Vec<Splice>> {
    let Content::Map(entries) = &way.end.content else {
        return replace(text, way, &nested(&[key.to_owned()], value), step);
    };
    let Some(last) = entries.last() else {
        let value = nested(&[key.to_owned()], value);
        if way.entries.is_empty() {
            // a document that is `{}`
            return Some(vec![Splice { range: way.end.span.clone(), with: render::inline(&value, false) }]);
        }
        return replace(text, way, &value, step);
    };
    let end = text.end(last);
    if way.end.style == Style::Flow {
        let quoted = is_quoted(text, last);
        let with = format!(", {}: {}", render::key(key, quoted), render::inline(value, quoted));
        return Some(vec![Splice { range: end..end, with }]);
    }
    let column = text.column(last.key_span.start)?;
    let lines = section(key, value, column, step);
    let end = text.line_end(end);
    let with = lines.iter().flat_map(|line| [text.newline, line]).collect();
    Some(vec![Splice { range: end..end, with }])
}

pub(super) fn replace(text: Text<'_>, way: &Way<'_>, value: &Value, step: usize) -> Option<Vec<Splice>> {
    let entry = way.entries.last()?;
    let old = &entry.value;
    if Meaning::of(Some(old)) == Meaning::json(value) && old.style != Style::Alias {
        return Some(Vec::new());
    }
    let colon = text.colon(entry)?;
    let end = text.end(entry);
    let is_block = old.style == Style::Block;
    let filled = matches!(value, Value::Object(new) if !new.is_empty())
        || matches!(value, Value::Array(new) if !new.is_empty());
    let wide = || {
        text.column(entry.key_span.start)
            .is_some_and(|column| render::is_long(value, column + entry.key.chars().count() + 2))
    };
    let section = way.entries.len() == 1 && value.is_object();
    if !way.flow && filled && (is_block || section || wide()) {
        let own = text.column(entry.key_span.start)?;
        let inner = if is_block { text.column(old.span.start)? } else { own + step };
        let inner = if inner <= own && value.is_object() { own + step } else { inner };
        let lines = render::block(value, inner, step).join(text.newline);
        if is_block {
            let range = text.line_start(old.span.start)..text.line_end(end);
            return Some(vec![Splice { range, with: lines }]);
        }
        let line_end = text.line_end(end);
        let with = format!("{}{}{lines}", text.get(end..line_end), text.newline);
        return Some(vec![Splice { range: colon..line_end, with }]);
    }
    let inline = render::inline(value, way.flow && is_quoted(text, entry));
    if is_absent(entry) {
        return Some(vec![Splice { range: colon..colon, with: format!(" {inline}") }]);
    }
    if is_block {
        let lines = text.line_before(old.span.start)..text.line_end(end);
        let removed = Splice { range: lines, with: String::new() };
        return Some(vec![Splice { range: colon..colon, with: format!(" {inline}") }, removed]);
    }
    Some(vec![Splice { range: old.span.clone(), with: inline }])
}

pub(super) fn remove(
    text: Text<'_>,
    root: Option<&Outline>,
    way: &Way<'_>,
    key: &str,
) -> Option<Vec<Splice>> {
    let around = way.entries.len().checked_sub(2).and_then(|parent| way.entries.get(parent).copied());
    let map = around.map_or(root?, |parent| &parent.value);
    let Content::Map(entries) = &map.content else { return None };
    let at = entries.iter().position(|entry| entry.key == key)?;
    let entry = entries.get(at)?;
    let before = at.checked_sub(1).and_then(|before| entries.get(before));
    if map.style == Style::Flow {
        let range = match (before, entries.get(at + 1)) {
            (_, Some(after)) => entry.key_span.start..after.key_span.start,
            (Some(before), None) => text.end(before)..text.end(entry),
            (None, None) => entry.key_span.start..text.end(entry),
        };
        return Some(vec![Splice { range, with: String::new() }]);
    }
    text.column(entry.key_span.start)?;
    let (start, end) = (text.line_start(entry.key_span.start), text.end(entry));
    if let [_] = entries.as_slice() {
        // a block has no empty form
        let removed = text.line_before(start)..text.line_end(end);
        return Some(match around {
            None => vec![Splice { range: start..text.line_end(end), with: "{}".into() }],
            Some(parent) => {
                let colon = text.colon(parent)?;
                vec![
                    Splice { range: colon..colon, with: " {}".into() },
                    Splice { range: removed, with: String::new() },
                ]
            }
        });
    }
    let after = text.next_line(end);
    // a text that ends without a new line still does, except where an empty line may count as text
    let before = text.line_before(start);
    let unended = after == text.text.len() && !text.text.ends_with('\n') && text.line_start(before) < before;
    let range = if unended { before..after } else { start..after };
    Some(vec![Splice { range, with: String::new() }])
}
