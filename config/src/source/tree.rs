//! YAML as it was written: texts, lists and maps with their places. What a plain `true` or `1.10` means is the
//! reader's matter, so nothing of its writing is lost here.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{Event, Marker, Parser, ScalarStyle, ScanError};

use super::{At, DOCUMENT_BYTES_MAX, Source, Span, twins};
use crate::fault::{Fault, Findings};

/// How deep lists and maps may be nested.
const DEPTH_MAX: usize = 32;
/// How many values all aliases of a document may repeat together.
const ALIASED_VALUES_MAX: usize = 10_000;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Tree<'a> {
    pub(crate) span: Span,
    pub(crate) kind: Kind<'a>,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind<'a> {
    /// A scalar; `plain` without quotes.
    Text {
        text: Cow<'a, str>,
        plain: bool,
    },
    List(Vec<Tree<'a>>),
    Map(Vec<Entry<'a>>),
}

/// One `key: value`.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'a> {
    pub(crate) key: At<Cow<'a, str>>,
    pub(crate) value: Tree<'a>,
}

/// Parses a document. `None` when there is no whole tree to look at; the findings say why.
pub(crate) fn parse<'a>(source: &'a Source, findings: &mut Findings) -> Option<Tree<'a>> {
    if source.text().len() > DOCUMENT_BYTES_MAX {
        let found = format!("the document has {} octets", source.text().len());
        findings
            .push(Fault::error(Span::default(), found).help("16 MiB is the most that a document may have"));
        return None;
    }
    let options = granit_parser::options! {
        disallow_directives: true,
        emit_comments: false,
        flow_nesting_limit: DEPTH_MAX,
        block_nesting_limit: DEPTH_MAX,
    };
    let mut builder = Builder { open: Vec::new(), anchors: HashMap::new(), aliased: 0, root: None, findings };
    for next in Parser::new_from_str_with_options(source.text(), options) {
        let taken = match next {
            Ok((event, span)) => builder.take(event, span_of(span.start, span.end)),
            Err(error) => Err(syntax(&error)),
        };
        if let Err(fault) = taken {
            builder.findings.push(fault);
            return None;
        }
    }
    let root = builder
        .root
        .take()
        .filter(|root| !matches!(&root.kind, Kind::Text { text, plain: true } if text.is_empty()));
    if root.is_none() {
        let fault = Fault::error(Span { line: 1, column: 1, ..Span::default() }, "the document is empty");
        findings.push(fault.help("a table has `listeners`, `routes` and `clusters`"));
    }
    root
}

fn span_of(start: Marker, end: Marker) -> Span {
    let octet = |marker: Marker| marker.byte_offset().unwrap_or_default() as u32;
    Span {
        start: octet(start),
        end: octet(end).max(octet(start)),
        line: start.line() as u32,
        column: start.col() as u32 + 1,
    }
}

fn syntax(error: &ScanError) -> Fault {
    let found = error.info();
    let span = span_of(*error.marker(), *error.marker());
    if found.contains("recursion limit") {
        return Fault::error(span, "lists and maps are nested too deeply")
            .help(format!("{DEPTH_MAX} levels are the most that a document may have"));
    }
    let fault = Fault::error(span, format!("this is not YAML: {found}"));
    if found.contains("tab") {
        fault.help("indent with spaces")
    } else if found.contains("simple key expected ':'") {
        fault.help("a map is written `key: value`, with a space after the colon")
    } else if found.contains("unknown anchor") {
        fault.help("an alias `*name` repeats a value that was marked `&name` further up")
    } else {
        fault
    }
}

/// A list or a map that is not closed yet.
struct Open<'a> {
    tree: Tree<'a>,
    key: Option<At<Cow<'a, str>>>,
    anchor: usize,
}

struct Builder<'a, 'f> {
    open: Vec<Open<'a>>,
    anchors: HashMap<usize, Tree<'a>>,
    aliased: usize,
    root: Option<Tree<'a>>,
    findings: &'f mut Findings,
}

impl<'a> Builder<'a, '_> {
    /// # Errors
    /// What makes the rest of the document pointless to read.
    fn take(&mut self, event: Event<'a>, span: Span) -> Result<(), Fault> {
        if event.tag().is_some() {
            let fault = Fault::error(span, "a tag (`!…`) has no meaning here");
            self.findings.push(fault.help("leave it out: each key knows what it takes"));
        }
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(Fault::error(span, "a second document begins here").help("a file holds one document"))
            }
            Event::Scalar(text, style, anchor, _) => {
                // the parser gives `~` for a value that is not there
                let text = if span.start == span.end { Cow::Borrowed("") } else { text };
                let kind = Kind::Text { text, plain: style == ScalarStyle::Plain };
                self.place(Tree { span, kind }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(span, Kind::List(Vec::new()), anchor),
            Event::MappingStart(_, anchor, _) => self.begin(span, Kind::Map(Vec::new()), anchor),
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => self.repeat(span, anchor),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, span: Span, kind: Kind<'a>, anchor: usize) -> Result<(), Fault> {
        if let Some(Open { tree: Tree { kind: Kind::Map(_), .. }, key: None, .. }) = self.open.last() {
            return Err(Fault::error(span, "a list or a map cannot be a key").help("a key is a plain word"));
        }
        self.open.push(Open { tree: Tree { span, kind }, key: None, anchor });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), Fault> {
        let Some(mut closed) = self.open.pop() else { return Ok(()) };
        if closed.tree.span.end > closed.tree.span.start {
            // in flow style the start is a bracket, and what is underlined should go up to its twin
            closed.tree.span.end = span.end;
        }
        if let Kind::Map(entries) = &mut closed.tree.kind {
            unique(entries, self.findings);
        }
        self.place(closed.tree, closed.anchor)
    }

    fn repeat(&mut self, span: Span, anchor: usize) -> Result<(), Fault> {
        let Some(original) = self.anchors.get(&anchor) else {
            return Err(Fault::error(span, "this alias stands inside of what it repeats"));
        };
        let (count, height) = measure(original);
        self.aliased += count;
        if self.aliased > ALIASED_VALUES_MAX || self.open.len() + height > DEPTH_MAX {
            return Err(Fault::error(span, "the aliases of this document repeat too much").help(format!(
                "all of them together may repeat {ALIASED_VALUES_MAX} values, nested {DEPTH_MAX} levels deep"
            )));
        }
        let kind = original.kind.clone();
        self.place(Tree { span, kind }, 0)
    }

    fn place(&mut self, tree: Tree<'a>, anchor: usize) -> Result<(), Fault> {
        if anchor != 0 {
            self.anchors.insert(anchor, tree.clone());
        }
        match self.open.last_mut() {
            None => self.root = Some(tree),
            Some(Open { tree: Tree { kind: Kind::List(items), .. }, .. }) => items.push(tree),
            Some(Open { tree: Tree { kind: Kind::Map(entries), .. }, key, .. }) => {
                match (key.take(), tree.kind) {
                    (Some(key), kind) => entries.push(Entry { key, value: Tree { span: tree.span, kind } }),
                    (None, Kind::Text { text, .. }) => *key = Some(At { value: text, span: tree.span }),
                    (None, _) => {
                        let fault = Fault::error(tree.span, "a list or a map cannot be a key");
                        return Err(fault.help("a key is a plain word"));
                    }
                }
            }
            Some(_) => {}
        }
        Ok(())
    }
}

/// Number of values, and of levels, in a tree.
fn measure(tree: &Tree<'_>) -> (usize, usize) {
    let inner: Vec<(usize, usize)> = match &tree.kind {
        Kind::Text { .. } => return (1, 0),
        Kind::List(items) => items.iter().map(measure).collect(),
        Kind::Map(entries) => entries.iter().map(|entry| measure(&entry.value)).collect(),
    };
    let count = inner.iter().map(|(count, _)| count).sum::<usize>();
    let height = inner.iter().map(|(_, height)| *height).max().unwrap_or_default();
    (count + 1, height + 1)
}

/// Keeps the first of several equal keys.
fn unique(entries: &mut Vec<Entry<'_>>, findings: &mut Findings) {
    let twins = twins(entries.iter().map(|entry| entry.key.value.as_ref()));
    if twins.is_empty() {
        return;
    }
    let spans: Vec<Span> = entries.iter().map(|entry| entry.key.span).collect();
    let firsts: HashMap<usize, usize> = twins.into_iter().map(|(first, later)| (later, first)).collect();
    let mut position = 0..;
    entries.retain(|Entry { key, .. }| {
        let first = position.next().and_then(|position| spans.get(*firsts.get(&position)?));
        if let Some(first) = first {
            let fault = Fault::error(key.span, format!("the key `{}` is there twice", key.value));
            findings.push(fault.related(*first, "first here").help("keep one of them"));
        }
        first.is_none()
    });
}
