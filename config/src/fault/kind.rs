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

/// One thing that is wrong: what was found, where, and what would be right.
#[derive(Debug, Clone)]
pub struct Fault {
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) span: Span,
    pub(super) related: Option<(Span, String)>,
    pub(super) help: Option<String>,
}

impl Fault {
    pub(crate) fn error(span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, message: message.into(), span, related: None, help: None }
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
