//! Something that happened.

use serde::Serialize;
use serde_json::Value;

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// The truth changed.
    Revision,
    /// A proxy connected, or was lost.
    Proxy,
    /// A proxy rejected something, or took what it had rejected.
    Verdict,
    /// A staged push took a step, ended, or was taken back.
    Stage,
}

impl EventKind {
    /// How it is called in a stream of events.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Revision => "revision",
            Self::Proxy => "proxy",
            Self::Verdict => "verdict",
            Self::Stage => "stage",
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Event {
    /// Which kind.
    pub kind: EventKind,
    /// Whom it concerns; none: whoever sees all namespaces.
    pub namespace: Option<String>,
    /// When the clock of the server said that it was, in milliseconds since 1970.
    pub time_ms: u64,
    /// In words.
    pub message: String,
    /// For programs.
    pub about: Value,
}
