//! A fault with the line in question, in the manner of the Rust compiler.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Fault, Severity};
use crate::source::{Source, Span};

/// A longer line is named and not shown.
const LINE_BYTES_MAX: usize = 2000;

pub(super) fn fault(source: &Source, fault: &Fault, coloured: bool) -> String {
    let level = match fault.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(fault.message.as_str()));
    group = shown(group, source, fault.span, None);
    if let Some((span, label)) = &fault.related {
        group = shown(group, source, *span, Some(label));
    }
    if let Some(help) = &fault.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}

fn shown<'a>(group: Group<'a>, source: &'a Source, span: Span, label: Option<&'a String>) -> Group<'a> {
    let line = line_of(source.text(), span);
    let text = source.text().get(line.clone()).unwrap_or_default();
    if text.len() > LINE_BYTES_MAX || span.line == 0 {
        let origin = Origin::path(source.name());
        let origin = match span.line {
            0 => origin,
            _ => origin.line(span.line as usize).char_column(span.column as usize),
        };
        return group.element(origin);
    }
    let caret =
        caret(text, (span.start as usize).saturating_sub(line.start), (span.end - span.start) as usize);
    let kind = if label.is_some() { AnnotationKind::Context } else { AnnotationKind::Primary };
    let annotation = kind.span(caret).label(label);
    let snippet = Snippet::source(text).line_start(span.line as usize).path(source.name());
    group.element(snippet.annotation(annotation))
}

/// The octets of the line in which the span begins, without its end.
fn line_of(text: &str, span: Span) -> Range<usize> {
    let start = (span.start as usize).min(text.len());
    let before = text.get(..start).unwrap_or_default();
    let from = before.rfind('\n').map_or(0, |end| end + 1);
    let rest = text.get(start..).unwrap_or_default();
    let to = rest.find('\n').map_or(text.len(), |end| start + end);
    let line = text.get(from..to).unwrap_or_default();
    from..from + line.trim_end_matches('\r').len()
}

/// What is underlined: the span as far as this line goes, at least one character.
fn caret(line: &str, start: usize, length: usize) -> Range<usize> {
    let start = start.min(line.len());
    let rest = line.get(start..).unwrap_or_default();
    let written = rest.get(..length).unwrap_or(rest).trim_end().len();
    let least = rest.chars().next().map_or(0, char::len_utf8);
    start..start + written.max(least)
}

#[cfg(test)]
mod tests;
