//! Lines and columns of a text, and what is put where.

use std::ops::Range;

use towpath_config::{OutlineEntry, Style};

/// A piece of the text, and what takes its place.
#[derive(Debug)]
pub(super) struct Splice {
    pub(super) range: Range<usize>,
    pub(super) with: String,
}

/// A text and how its lines end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'t> {
    pub(super) text: &'t str,
    pub(super) newline: &'static str,
}

impl<'t> Text<'t> {
    /// The lines that are added end as the first one does.
    pub(super) fn new(text: &'t str) -> Self {
        let crlf = text.split_once('\n').is_some_and(|(first, _)| first.ends_with('\r'));
        Self { text, newline: if crlf { "\r\n" } else { "\n" } }
    }

    pub(super) fn get(self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or_default()
    }

    /// Where the line begins.
    pub(super) fn line_start(self, at: usize) -> usize {
        self.get(0..at).rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Where the line ends, before what ends it.
    pub(super) fn line_end(self, at: usize) -> usize {
        let rest = self.get(at..self.text.len());
        let line = rest.split_once('\n').map_or(rest, |(line, _)| line.strip_suffix('\r').unwrap_or(line));
        at + line.len()
    }

    /// Where the next line begins; the end of the text when there is none.
    pub(super) fn next_line(self, at: usize) -> usize {
        self.get(at..self.text.len()).find('\n').map_or(self.text.len(), |newline| at + newline + 1)
    }

    /// Where the line before ends, before what ends it.
    pub(super) fn line_before(self, at: usize) -> usize {
        let before = self.get(0..self.line_start(at));
        let before = before.strip_suffix('\n').unwrap_or(before);
        before.strip_suffix('\r').unwrap_or(before).len()
    }

    /// How many spaces stand before it; `None` when something else does.
    pub(super) fn column(self, at: usize) -> Option<usize> {
        let before = self.get(self.line_start(at)..at);
        before.bytes().all(|each| each == b' ').then_some(before.len())
    }

    /// Behind the colon of an entry; `None` when it has none on its line.
    pub(super) fn colon(self, entry: &OutlineEntry) -> Option<usize> {
        let rest = self.get(entry.key_span.end..self.text.len());
        let colon = rest.trim_start_matches(' ');
        colon.starts_with(':').then(|| self.text.len() - colon.len() + 1)
    }

    /// Behind an entry: what is added next to it begins here.
    pub(super) fn end(self, entry: &OutlineEntry) -> usize {
        if is_absent(entry) { self.colon(entry).unwrap_or(entry.key_span.end) } else { entry.end() }
    }

    /// The text after some pieces were replaced; they stand in the order of their places.
    pub(super) fn spliced(self, splices: &[Splice]) -> String {
        let (mut out, mut at) = (String::with_capacity(self.text.len() + 64), 0);
        for Splice { range, with } in splices {
            out.push_str(self.get(at..range.start));
            out.push_str(with);
            at = range.end;
        }
        out.push_str(self.get(at..self.text.len()));
        out
    }
}

/// Whether nothing stands behind the colon.
pub(super) fn is_absent(entry: &OutlineEntry) -> bool {
    entry.value.style == Style::Plain && entry.value.span.is_empty()
}
