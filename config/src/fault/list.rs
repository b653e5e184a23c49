//! All faults of a document.

use std::fmt;

use serde_json::{Value, json};

use super::{Fault, Severity, render};
use crate::source::Source;

/// So many are kept: a document of nothing but faults must not cost more to report than to read.
const FAULTS_MAX: usize = 1000;

/// In so many of them, a name that is like the one that was meant is looked for.
const SUGGESTIONS_MAX: usize = 50;

/// Everything that is wrong with one document, in the order of its lines.
#[derive(Debug, Clone)]
pub struct Faults {
    source: Source,
    list: Vec<Fault>,
    left_out: usize,
}

impl Faults {
    /// The faults, in the order of their places.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.list.iter()
    }

    /// How many there are, without those beyond the thousandth.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// How many more there were.
    pub(crate) fn left_out(&self) -> usize {
        self.left_out
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The document.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The text for people, with the lines in question; `coloured` for a terminal.
    #[must_use]
    pub fn render(&self, coloured: bool) -> String {
        let mut out = String::new();
        for fault in &self.list {
            out.push_str(&render::fault(&self.source, fault, coloured));
            out.push_str("\n\n");
        }
        if self.left_out > 0 {
            out.push_str(&format!("and {} more\n\n", self.left_out));
        }
        out
    }

    /// The list for programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "document": self.source.name(),
            "faults": self.list.iter().map(Fault::to_json).collect::<Vec<_>>(),
            "left_out": self.left_out,
        })
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Faults {}

/// The faults found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Fault>,
    left_out: usize,
    fatal: bool,
    /// How many errors were dear to make.
    made: usize,
}

impl Findings {
    pub(crate) fn push(&mut self, fault: Fault) {
        self.fatal |= fault.severity == Severity::Error;
        if self.list.len() < FAULTS_MAX {
            self.list.push(fault);
        } else {
            self.left_out += 1;
        }
    }

    /// Whether names that are not there are compared with those that are, which takes a look at all of them: who has so many
    /// faults has not misspelt them.
    pub(crate) fn suggests(&self) -> bool {
        self.made < SUGGESTIONS_MAX
    }

    /// As `push`, for an error that is dear to make: nothing is made that would not be kept.
    pub(crate) fn error(&mut self, make: impl FnOnce() -> Fault) {
        self.made += 1;
        if self.list.len() < FAULTS_MAX {
            self.push(make());
        } else {
            self.fatal = true;
            self.left_out += 1;
        }
    }

    /// As `push`, but not when the same was said of the same place: what is inherited is looked at many times.
    pub(crate) fn push_once(&mut self, fault: Fault) {
        let said = |known: &Fault| known.span == fault.span && known.message == fault.message;
        if !self.list.iter().any(said) {
            self.push(fault);
        }
    }

    /// Whether any of them makes the document unusable.
    pub(crate) fn fatal(&self) -> bool {
        self.fatal
    }

    pub(crate) fn into_faults(mut self, source: &Source) -> Faults {
        self.list.sort_by_key(|fault| fault.span);
        Faults { source: source.clone(), list: self.list, left_out: self.left_out }
    }
}
