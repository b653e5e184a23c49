//! Reading collects faults instead of stopping at the first.

use std::borrow::Cow;

use serde_json::Value;

use super::Definitions;
use crate::fault::{Fault, Findings};
use crate::source::{At, Environment, Kind, Span, Tree, substitute};

/// What can be written in a document.
pub(crate) trait Language: Sized {
    /// Reads it. `None` when it is wrong; the reader then knows why.
    fn read(tree: &Tree<'_>, reader: &mut Reader<'_>) -> Option<Self>;

    /// Its JSON Schema.
    fn schema(definitions: &mut Definitions) -> Value;
}

impl<T: Language> Language for At<T> {
    fn read(tree: &Tree<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        T::read(tree, reader).map(|value| Self { value, span: tree.span })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }
}

/// A walk over a document: the environment to put in, and the faults found so far.
pub(crate) struct Reader<'r> {
    environment: Environment<'r>,
    findings: &'r mut Findings,
}

impl<'r> Reader<'r> {
    pub(crate) fn new(environment: Environment<'r>, findings: &'r mut Findings) -> Self {
        Self { environment, findings }
    }

    /// Notes a fault. Gives `None`, which is what the reading of something wrong comes to.
    pub(crate) fn fault<T>(&mut self, fault: Fault) -> Option<T> {
        self.findings.push(fault);
        None
    }

    /// The text of a scalar, with the environment put in.
    pub(crate) fn text<'t>(&mut self, tree: &'t Tree<'_>, wanted: &str) -> Option<Cow<'t, str>> {
        match &tree.kind {
            Kind::Text { text, plain: true } if text.is_empty() => {
                let fault = Fault::error(tree.span, "there is no value here");
                self.fault(fault.help(format!("write {wanted}, or leave the key out")))
            }
            Kind::Text { text, .. } => match substitute(text, self.environment) {
                Ok(text) => Some(text),
                Err((found, help)) => self.fault(Fault::error(tree.span, found).help(help)),
            },
            _ => self.mismatch(tree, wanted),
        }
    }

    /// The text with the environment put in, when that is possible; notes nothing.
    pub(crate) fn substituted<'t>(&self, text: &'t str) -> Option<Cow<'t, str>> {
        substitute(text, self.environment).ok()
    }

    /// Notes that something else was wanted.
    pub(crate) fn mismatch<T>(&mut self, tree: &Tree<'_>, wanted: &str) -> Option<T> {
        if let Kind::Text { text, plain: true } = &tree.kind
            && text.is_empty()
        {
            let fault = Fault::error(tree.span, "there is no value here");
            return self.fault(fault.help(format!("write {wanted}, or leave the key out")));
        }
        let found = match &tree.kind {
            Kind::Text { text, .. } => format!("found `{}`", brief(text)),
            Kind::List(_) => "found a list".to_owned(),
            Kind::Map(_) => "found a map".to_owned(),
        };
        self.fault(Fault::error(tree.span, format!("{found} where {wanted} is wanted")))
    }

    /// Notes what a text should have been.
    pub(crate) fn wrong<T>(&mut self, span: Span, wrong: super::Wrong) -> Option<T> {
        self.fault(Fault::error(span, wrong.found).help(wrong.help))
    }
}

/// The beginning of a text that may be long.
pub(crate) fn brief(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(80) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
    }
}
