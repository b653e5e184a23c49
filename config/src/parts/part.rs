//! One value under one name.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::fault::{Fault, Faults, Findings};
use crate::language::Word;
use crate::source::{Entry, Kind, Source, Span, Tree, parse};
use crate::values::{ClusterName, Name};

/// What a part is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Section {
    /// `defaults`, and what of `proxy` all proxies have alike.
    Settings,
    /// One of `listeners`.
    Listener,
    /// One of `routes`.
    Route,
    /// One of `clusters`, without its endpoints.
    Cluster,
    /// The `endpoints` of one of `clusters`.
    Endpoints,
}

impl Section {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Settings, Self::Listener, Self::Route, Self::Cluster, Self::Endpoints];

    /// `settings`, `listener`, `route`, `cluster`, `endpoints`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Listener => "listener",
            Self::Route => "route",
            Self::Cluster => "cluster",
            Self::Endpoints => "endpoints",
        }
    }
}

/// The name of a part within its namespace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartName {
    section: Section,
    name: Arc<str>,
}

impl PartName {
    /// The only name that settings have.
    pub const SETTINGS: &str = "settings";

    /// The name of a listener, a route, a cluster (`payments:ledger` for one of another namespace), of the endpoints of
    /// a cluster, or `settings`. `None` when there can be no such name.
    #[must_use]
    pub fn new(section: Section, name: &str) -> Option<Self> {
        let right = match section {
            Section::Settings => name == Self::SETTINGS,
            Section::Listener | Section::Route => Name::parse(name).is_ok(),
            Section::Cluster | Section::Endpoints => ClusterName::parse(name).is_ok(),
        };
        right.then(|| Self { section, name: name.into() })
    }

    /// What it is a part of.
    #[must_use]
    pub fn section(&self) -> Section {
        self.section
    }

    /// Its name there.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for PartName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.section {
            Section::Settings => f.write_str("the settings"),
            Section::Endpoints => write!(f, "the endpoints of `{}`", self.name),
            section => write!(f, "the {} `{}`", section.name(), self.name),
        }
    }
}

/// One value under one name, as JSON on one line. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    name: PartName,
    text: Arc<str>,
}

impl Part {
    /// A part that came from elsewhere: nothing is known of its text.
    ///
    /// # Errors
    /// When the text is not JSON on one line, or not of the shape that its section has. What it says is looked at where
    /// parts are put together.
    pub fn new(name: PartName, text: impl Into<Arc<str>>) -> Result<Self, Faults> {
        let text = text.into();
        let source = Source::new(name.to_string(), Arc::clone(&text));
        let mut findings = Findings::default();
        check(&name, &source, &mut findings);
        match findings.fatal() {
            true => Err(findings.into_faults(&source)),
            false => Ok(Self { name, text }),
        }
    }

    /// A part whose text was written here.
    pub(super) fn written(name: PartName, value: &Value) -> Self {
        Self { name, text: value.to_string().into() }
    }

    /// The same text under another name.
    pub(super) fn named(&self, name: PartName) -> Self {
        Self { name, text: Arc::clone(&self.text) }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &PartName {
        &self.name
    }

    /// Its value: JSON on one line.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }
}

/// One wrong text must not keep all others from being read: it has to be whole in itself.
fn check(name: &PartName, source: &Source, findings: &mut Findings) {
    let begin = Span { line: 1, column: 1, ..Span::default() };
    if source.text().contains(['\n', '\r']) {
        findings.push(Fault::error(begin, "this is more than one line").help("a part is JSON on one line"));
        return;
    }
    if let Err(error) = serde_json::from_str::<Value>(source.text()) {
        let column = error.column().max(1) as u32;
        let span = Span { line: 1, column, start: column - 1, end: column - 1 };
        findings.push(Fault::error(span, format!("this is not JSON: {error}")));
        return;
    }
    let Some(tree) = parse(source, findings) else { return };
    let entries = match (&tree.kind, name.section()) {
        (Kind::List(_), Section::Endpoints) => return,
        (Kind::Map(entries), section) if section != Section::Endpoints => entries,
        (_, section) => {
            let wanted = if section == Section::Endpoints { "a list" } else { "a map" };
            findings.push(Fault::error(tree.span, format!("the value of {name} is not {wanted}")));
            return;
        }
    };
    match name.section() {
        Section::Cluster => apart(entries, findings),
        Section::Settings => settings(entries, findings),
        Section::Listener | Section::Route | Section::Endpoints => {}
    }
}

fn apart(entries: &[Entry<'_>], findings: &mut Findings) {
    for entry in entries.iter().filter(|entry| entry.key.value == "endpoints") {
        let fault = Fault::error(entry.key.span, "the endpoints of a cluster are a part of their own");
        findings.push(fault.help("leave them out here"));
    }
}

fn settings(entries: &[Entry<'_>], findings: &mut Findings) {
    for Entry { key, value: Tree { span, kind } } in entries {
        if !["defaults", "proxy"].contains(&&*key.value) {
            let fault = Fault::error(key.span, format!("unknown key `{}`", key.value));
            findings.push(fault.help("settings have `defaults` and `proxy`"));
        } else if !matches!(kind, Kind::Map(_)) {
            findings.push(Fault::error(*span, format!("the value of `{}` is not a map", key.value)));
        }
    }
}

#[cfg(test)]
mod tests;
