//! Where each value of a document stands, for whoever changes the text and wants to keep the rest of it.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

use super::tree::parse;
use crate::fault::{Faults, Findings};
use crate::source::Source;

/// A value and its place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Octets of the text, without comments around it. Of a value that is not written, its place is not told.
    pub span: Range<usize>,
    /// How it is written.
    pub style: Style,
    /// What it says.
    pub content: Content,
    /// Whether it is marked (`&name`), so that it can be repeated elsewhere.
    pub anchored: bool,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A word without quotes, or nothing at all.
    Plain,
    /// A text in quotes.
    Quoted,
    /// A text below `|` or `>`.
    Literal,
    /// A list or a map, one line or more for each of its values.
    Block,
    /// A list or a map in brackets.
    Flow,
    /// What was marked further up (`*name`).
    Alias,
}

/// What a value says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A scalar; of an alias, how it is written.
    Text(String),
    /// A list.
    List(Vec<Outline>),
    /// A map.
    Map(Vec<OutlineEntry>),
}

/// One `key: value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlineEntry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Range<usize>,
    /// The value.
    pub value: Outline,
}

/// Tells where everything stands. `None` when the document says nothing.
///
/// # Errors
/// When it is not YAML as documents are: see [`compile`](crate::compile). What its keys mean is not looked at.
pub fn outline(source: &Source) -> Result<Option<Outline>, Faults> {
    let mut findings = Findings::default();
    let read = parse(source, &mut findings).is_some() && !findings.fatal();
    let mut builder = Builder { text: source.text(), open: Vec::new(), root: None };
    let whole = Parser::new_from_str(source.text()).all(|next| match next {
        Ok((event, span)) => {
            let octet = |marker: granit_parser::Marker| marker.byte_offset().unwrap_or_default();
            builder.take(event, octet(span.start)..octet(span.end));
            true
        }
        Err(_) => false,
    });
    match builder.root {
        Some(root) if read => Ok(Some(root)),
        None if whole => Ok(None),
        _ => Err(findings.into_faults(source)),
    }
}

/// A key whose value comes next.
type Key = (String, Range<usize>);

struct Builder<'t> {
    text: &'t str,
    open: Vec<(Outline, Option<Key>)>,
    root: Option<Outline>,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Range<usize>) {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Literal,
                };
                // the parser gives `~` for a value that is not there
                let text = if span.is_empty() { String::new() } else { text.into_owned() };
                let span = if style == Style::Literal { self.literal(span) } else { span };
                self.place(Outline { span, style, content: Content::Text(text), anchored: anchor != 0 });
            }
            Event::Alias(_) => {
                let text = self.text.get(span.clone()).unwrap_or_default().to_owned();
                self.place(Outline {
                    span,
                    style: Style::Alias,
                    content: Content::Text(text),
                    anchored: false,
                });
            }
            Event::SequenceStart(style, anchor, _) => {
                let start = if style == StructureStyle::Block { self.dash(span.start) } else { span.start };
                self.begin(start..span.end, style, Content::List(Vec::new()), anchor);
            }
            Event::MappingStart(style, anchor, _) => {
                self.begin(span, style, Content::Map(Vec::new()), anchor);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(&span),
            _ => {}
        }
    }

    fn begin(&mut self, span: Range<usize>, style: StructureStyle, content: Content, anchor: usize) {
        let style = match style {
            StructureStyle::Block => Style::Block,
            StructureStyle::Flow => Style::Flow,
        };
        self.open.push((Outline { span, style, content, anchored: anchor != 0 }, None));
    }

    fn end(&mut self, span: &Range<usize>) {
        let Some((mut closed, _)) = self.open.pop() else { return };
        closed.span.end = match (&closed.style, &closed.content) {
            (Style::Flow, _) => span.end,
            // a block has no end of its own
            (_, Content::List(items)) => items.last().map_or(closed.span.end, |last| last.span.end),
            (_, Content::Map(entries)) => entries.last().map_or(closed.span.end, OutlineEntry::end),
            (_, Content::Text(_)) => closed.span.end,
        };
        self.place(closed);
    }

    /// Where the first dash of a list stands. Of a list that is not indented, the parser gives the place of its first item.
    fn dash(&self, start: usize) -> usize {
        let is_dash = |text: &str| {
            text.strip_prefix('-').is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\r', '\n']))
        };
        if self.text.get(start..).is_some_and(is_dash) {
            return start;
        }
        let mut lines = self.text.get(..start).unwrap_or_default().split_inclusive('\n').rev();
        let mut at = start;
        lines
            .find_map(|line| {
                at -= line.len();
                let dash = line.trim_start_matches(' ');
                is_dash(dash).then(|| at + line.len() - dash.len())
            })
            .unwrap_or(start)
    }

    /// The place of a text below `|` from there on, up to the end of its last line, with the empty lines behind it when
    /// they count (`|+`). The parser gives the place of the lines only.
    fn literal(&self, lines: Range<usize>) -> Range<usize> {
        let Some((start, keep)) = self.head(lines.start) else { return lines };
        let written = self.text.get(start..lines.end).unwrap_or_default();
        let kept = match (keep, written.rsplit_once('\n')) {
            (true, Some((kept, last))) if last.trim_start().is_empty() => kept,
            (true, _) => written,
            _ => written.trim_end_matches([' ', '\t', '\r', '\n']),
        };
        let kept = kept.strip_suffix('\r').unwrap_or(kept);
        // spaces at the end of the last line are part of it
        let rest = self.text.get(start + kept.len()..).unwrap_or_default();
        let spaces = rest.find(['\r', '\n']).unwrap_or(rest.len());
        start..start + kept.len() + if keep { 0 } else { spaces }
    }

    /// Where the `|` or `>` stands above these lines, and whether it keeps empty lines.
    fn head(&self, lines: usize) -> Option<(usize, bool)> {
        let above = self.text.get(..lines)?.trim_end();
        let start = above.rfind('\n').map_or(0, |newline| newline + 1);
        let line = above.get(start..)?;
        line.match_indices(['|', '>']).find_map(|(at, _)| {
            let rest = line.get(at + 1..)?;
            let behind = rest.trim_start_matches(|each: char| each.is_ascii_digit() || "+-".contains(each));
            let signs = rest.get(..rest.len() - behind.len())?;
            let behind = behind.trim_start();
            (behind.is_empty() || behind.starts_with('#')).then_some((start + at, signs.contains('+')))
        })
    }

    fn place(&mut self, outline: Outline) {
        match self.open.last_mut() {
            None => {
                let nothing = outline.span.is_empty() && matches!(outline.content, Content::Text(_));
                self.root = self.root.take().or((!nothing).then_some(outline));
            }
            Some((Outline { content: Content::List(items), .. }, _)) => items.push(outline),
            Some((Outline { content: Content::Map(entries), .. }, key)) => {
                match (key.take(), outline.content) {
                    (Some((key, key_span)), content) => {
                        entries.push(OutlineEntry { key, key_span, value: Outline { content, ..outline } });
                    }
                    (None, Content::Text(text)) => *key = Some((text, outline.span)),
                    (None, _) => {}
                }
            }
            Some(_) => {}
        }
    }
}

impl OutlineEntry {
    /// Where the entry ends, the colon not counted when nothing stands behind it.
    #[must_use]
    pub fn end(&self) -> usize {
        // a value that is not written may have any place
        if self.value.span.is_empty() { self.key_span.end } else { self.value.span.end }
    }
}

#[cfg(test)]
mod tests;
