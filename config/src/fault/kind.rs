//! One fault.

use serde_json::{Value, json};

use crate::model::Place;
use crate::source::Span;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The document cannot be used.
    Error,
    /// The document can be used, and probably does not mean what its writer thinks.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A name that leads to nothing: once it is there, the fault is gone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Missing {
    /// A listener.
    Listener(String),
    /// A cluster.
    Cluster(String),
    /// A subset of a cluster that is there.
    Subset {
        /// The cluster.
        cluster: String,
        /// The subset.
        subset: String,
    },
    /// The endpoints of a cluster that is there.
    Endpoints(String),
}

/// One thing that is wrong: what was found, where, and what would be right.
#[derive(Debug, Clone)]
pub struct Fault {
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) span: Span,
    pub(super) related: Option<(Span, String)>,
    pub(super) help: Option<String>,
    pub(super) missing: Option<Box<Missing>>,
}

impl Fault {
    pub(crate) fn error(span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            span,
            related: None,
            help: None,
            missing: None,
        }
    }

    pub(crate) fn warning(span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(span, message) }
    }

    /// Says what would be right.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Points at a second place that has to do with it.
    pub(crate) fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related = Some((span, label.into()));
        self
    }

    /// Says that nothing is wrong but that this is not there.
    pub(crate) fn missing(mut self, missing: Missing) -> Self {
        self.missing = Some(Box::new(missing));
        self
    }

    /// What is not there, when that is all that is wrong.
    #[must_use]
    pub fn missing_name(&self) -> Option<&Missing> {
        self.missing.as_deref()
    }

    /// A cluster without endpoints.
    pub(crate) fn no_endpoints(span: Span) -> Self {
        Self::error(span, "`endpoints` is missing here")
            .help("add `endpoints: [127.0.0.1:3000]`, or `dns: {name: app.internal, port: 80}`")
    }

    /// The piece of the text that it points at.
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// The second place that has to do with it, and what is there.
    pub(crate) fn second(&self) -> Option<(Span, &str)> {
        self.related.as_ref().map(|(span, label)| (*span, label.as_str()))
    }

    /// The same fault at another place, perhaps of another text.
    pub(crate) fn at(self, span: Span) -> Self {
        Self { span, related: None, ..self }
    }

    /// The same fault, with more words.
    pub(crate) fn telling(mut self, more: &str) -> Self {
        self.message.push_str(more);
        self
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// What was found.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place {
        self.span.place()
    }

    /// What would be right.
    #[must_use]
    pub fn suggestion(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The fault for programs: `severity, message, line, column, help, related`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "severity": self.severity.name(),
            "message": self.message,
            "line": self.span.line,
            "column": self.span.column,
            "help": self.help,
            "related": self.related.as_ref().map(|(span, label)| {
                json!({"line": span.line, "column": span.column, "message": label})
            }),
        })
    }
}
