//! What one unit says.

use std::sync::Arc;

use super::assemble::Spot;
use super::place::{Step, follow};
use super::{Part, PartName, Section};
use crate::fault::{Fault, Faults, Findings};
use crate::source::{Source, Span, Tree, parse};

/// Parts that stand and fall together, and the text that faults point at. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Content {
    source: Source,
    /// Whether the parts were cut from the text, or it is the one part itself.
    cut: bool,
    parts: Arc<[Part]>,
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.parts, &other.parts) || self.parts == other.parts
    }
}

impl From<Part> for Content {
    /// One part alone, as it travels.
    fn from(part: Part) -> Self {
        let source = Source::new(part.name().to_string(), Arc::clone(part.text()));
        Self { source, cut: false, parts: [part].into() }
    }
}

impl Content {
    pub(super) fn cut(source: &Source, parts: Vec<Part>) -> Self {
        Self { source: source.clone(), cut: true, parts: parts.into() }
    }

    /// Parts that were not cut from one text: faults have no place in it.
    #[must_use]
    pub fn joined(name: &str, parts: Vec<Part>) -> Self {
        Self { source: Source::new(name, ""), cut: true, parts: parts.into() }
    }

    /// What is wrong with a part, or with all of them, besides what the language says.
    #[must_use]
    pub fn fault(&self, part: Option<&PartName>, message: &str, help: &str) -> Faults {
        let begin = Span { line: 1, column: 1, ..Span::default() };
        let span = part.map_or(begin, |name| self.span(name, &Spot::Name));
        let mut findings = Findings::default();
        findings.push(Fault::error(span, message).help(help));
        findings.into_faults(&self.source)
    }

    /// The text that faults point at.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The parts.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The part of this name.
    #[must_use]
    pub fn part(&self, name: &PartName) -> Option<&Part> {
        self.parts.iter().find(|part| part.name() == name)
    }

    /// The text as a tree, in which places are found.
    pub(super) fn tree(&self) -> Option<Tree<'_>> {
        parse(&self.source, &mut Findings::default())
    }

    /// Where a place of a part stands in the text.
    fn span(&self, name: &PartName, spot: &Spot) -> Span {
        self.tree().map_or_else(Span::default, |tree| self.span_in(&tree, name, spot))
    }

    /// As [`Self::span`], by the [tree](Self::tree) of the text: to read it again for each fault takes long.
    pub(super) fn span_in(&self, tree: &Tree<'_>, name: &PartName, spot: &Spot) -> Span {
        let mut whole = if self.cut { base(name) } else { Vec::new() };
        match (spot, whole.pop()) {
            (Spot::Name, Some(Step::Value(key))) => whole.push(Step::Key(key)),
            (Spot::Name, _) => {}
            (Spot::Within(steps), last) => whole.extend(last.into_iter().chain(steps.iter().cloned())),
        }
        follow(tree, &whole).span
    }
}

/// Where a part stands in a document.
fn base(name: &PartName) -> Vec<Step> {
    let section = match name.section() {
        Section::Settings => return Vec::new(),
        Section::Listener => "listeners",
        Section::Route => "routes",
        Section::Cluster | Section::Endpoints => "clusters",
    };
    let mut path = vec![Step::Value(section.to_owned()), Step::Value(name.name().to_owned())];
    if name.section() == Section::Endpoints {
        path.push(Step::Value("endpoints".to_owned()));
    }
    path
}
