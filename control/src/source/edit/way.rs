//! The way from the top of a document to one of its values.

use towpath_config::{Content, Outline, OutlineEntry, Style};

use super::fault::EditFault;

/// What a path leads to.
pub(super) struct Way<'o> {
    /// The entries on the way, as far as it leads.
    pub(super) entries: Vec<&'o OutlineEntry>,
    /// The value at its end.
    pub(super) end: &'o Outline,
    /// Whether the end stands in brackets.
    pub(super) flow: bool,
}

/// Goes along a path as far as it leads.
///
/// # Errors
/// When it goes through what has no keys, or what stands elsewhere too.
pub(super) fn way<'o>(root: &'o Outline, path: &[String]) -> Result<Way<'o>, EditFault> {
    let mut way = Way { entries: Vec::new(), end: root, flow: false };
    let repeated = |end: &Outline| end.anchored || end.style == Style::Alias;
    for key in path {
        if repeated(way.end) {
            return Err(EditFault::Repeated(path.join(".")));
        }
        let next = match &way.end.content {
            Content::Map(entries) => entries.iter().find(|entry| entry.key == *key),
            Content::Text(text) if text.is_empty() && way.end.style == Style::Plain => None,
            _ => {
                let so_far: Vec<_> = way.entries.iter().map(|entry| entry.key.as_str()).collect();
                return Err(EditFault::NoMap(so_far.join(".")));
            }
        };
        let Some(next) = next else { return Ok(way) };
        way.flow |= way.end.style == Style::Flow;
        way.end = &next.value;
        way.entries.push(next);
    }
    Ok(way)
}

/// Whether something in it is marked, and may be repeated elsewhere.
pub(super) fn is_marked(outline: &Outline) -> bool {
    outline.anchored
        || match &outline.content {
            Content::Text(_) => false,
            Content::List(items) => items.iter().any(is_marked),
            Content::Map(entries) => entries.iter().any(|entry| is_marked(&entry.value)),
        }
}
