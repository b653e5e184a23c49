//! Places of what is wrong, in the words of who sent it: values that come in are put into documents that may be others.

use std::collections::BTreeMap;

use towpath_config::{Content, Outline, Source, outline};

use crate::api::index::Kind;
use crate::api::seam::Finding;
use crate::documents::{DocumentName, Documents};

/// A document as it came in.
#[derive(Debug)]
pub(in crate::api::page) struct Sent {
    called: String,
    namespace: String,
    text: String,
}

impl Sent {
    /// A document that can be read, as whoever sent it calls it.
    pub(in crate::api::page) fn new(called: &str, namespace: &str, text: &str) -> Self {
        Self { called: called.to_owned(), namespace: namespace.to_owned(), text: text.to_owned() }
    }
}

fn read(text: &str) -> Option<Outline> {
    outline(&Source::new("", text)).ok().flatten()
}

/// One step on the way to a value.
enum Step<'o> {
    Key(&'o str),
    Item(usize),
}

/// A place in an outline: the way there, whether the last key is meant rather than its value, and how far within a text.
struct Spot<'o> {
    way: Vec<Step<'o>>,
    is_key: bool,
    within: usize,
}

/// Says of each finding about something that was sent where it stands there. `after` are the documents that were judged.
pub(in crate::api::page) fn placed(
    mut findings: Vec<Finding>,
    sent: &[Sent],
    after: &Documents,
) -> Vec<Finding> {
    if findings.is_empty() {
        return findings;
    }
    let sent: Vec<_> = sent.iter().filter_map(|sent| Some((sent, read(&sent.text)?))).collect();
    let mut known: BTreeMap<String, Option<(&str, Outline)>> = BTreeMap::new();
    for finding in findings.iter_mut().filter(|finding| finding.line > 0) {
        let judged = known.entry(finding.file.clone()).or_insert_with(|| {
            let text = after.get(&DocumentName::parse(&finding.file).ok()?)?;
            Some((&**text, read(text)?))
        });
        let Some((text, judged)) = judged else { continue };
        let Some(at) = octet(text, finding.line, finding.column) else { continue };
        let (spot, namespace) = (spot(judged, at), namespace(judged));
        let own = sent.iter().filter(|(sent, _)| sent.namespace == namespace);
        if let Some((sent, at)) = own.filter_map(|(sent, root)| Some((sent, find(root, &spot)?))).next() {
            (finding.line, finding.column) = place(&sent.text, at);
            finding.file.clone_from(&sent.called);
        }
    }
    findings
}

fn namespace(outline: &Outline) -> &str {
    match child(outline, &Step::Key("namespace")) {
        Some((_, Outline { content: Content::Text(text), .. })) => text,
        _ => "default",
    }
}

/// What stands at a place.
fn spot(root: &Outline, at: usize) -> Spot<'_> {
    let (mut way, mut here) = (Vec::new(), root);
    loop {
        match &here.content {
            Content::Map(entries) => {
                let before = entries.iter().take_while(|entry| entry.key_span.start <= at);
                let Some(entry) = before.last() else { break };
                way.push(Step::Key(&entry.key));
                here = &entry.value;
                if at < entry.key_span.end {
                    return Spot { way, is_key: true, within: 0 };
                }
            }
            Content::List(items) => {
                let before = items.iter().take_while(|item| item.span.start <= at);
                let Some(last) = before.count().checked_sub(1) else { break };
                let Some(item) = items.get(last) else { break };
                way.push(Step::Item(last));
                here = item;
            }
            Content::Text(_) => break,
        }
    }
    Spot { way, is_key: false, within: at.saturating_sub(here.span.start) }
}

/// Where that stands in what was sent, or what is nearest around it; nothing when its name does not stand there.
fn find(root: &Outline, spot: &Spot<'_>) -> Option<usize> {
    let Some(Step::Key(section)) = spot.way.first() else { return None };
    let needed = if Kind::of_section(section)?.only_name().is_some() { 1 } else { 2 };
    let (mut here, mut at) = (root, 0);
    for (number, step) in spot.way.iter().enumerate() {
        let Some((key, value)) = child(here, step) else {
            return (number >= needed).then_some(at);
        };
        (here, at) = (value, key);
    }
    if spot.is_key {
        return Some(at);
    }
    let start = here.span.start;
    Some(if start + spot.within < here.span.end { start + spot.within } else { start.max(at) })
}

/// The value one step further, and where its key stands.
fn child<'o>(outline: &'o Outline, step: &Step<'_>) -> Option<(usize, &'o Outline)> {
    match (&outline.content, step) {
        (Content::Map(entries), Step::Key(key)) => {
            let entry = entries.iter().find(|entry| entry.key == *key)?;
            Some((entry.key_span.start, &entry.value))
        }
        (Content::List(items), Step::Item(number)) => items.get(*number).map(|item| (item.span.start, item)),
        _ => None,
    }
}

/// The octet at a line and a column in characters, both from 1.
fn octet(text: &str, line: u32, column: u32) -> Option<usize> {
    let before = usize::try_from(line).ok()?.checked_sub(1)?;
    let start: usize = text.split_inclusive('\n').take(before).map(str::len).sum();
    let line = text.split('\n').nth(before)?;
    let within = line.char_indices().nth(usize::try_from(column).ok()?.saturating_sub(1));
    Some(start + within.map_or(line.len(), |(octet, _)| octet))
}

/// Line and column of an octet.
fn place(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..at).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let number = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
    (number(before.matches('\n').count()), number(before.get(start..).unwrap_or_default().chars().count()))
}

#[cfg(test)]
mod tests;
