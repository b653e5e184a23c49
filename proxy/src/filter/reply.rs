//! An answer that the proxy makes by itself.

use std::borrow::Cow;

use smallvec::SmallVec;
use towpath_config::model::HeaderEdits;

use crate::outcome::Reason;

/// A local reply as an error: rare, and too large to be passed up by value.
pub type Refused<'a> = Box<LocalReply<'a>>;

/// A local reply, before it is written in the caller's protocol.
#[derive(Debug)]
pub struct LocalReply<'a> {
    /// Why.
    pub reason: Reason,
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Cow<'a, str>,
    /// Its type.
    pub content_type: Cow<'a, str>,
    /// Further fields.
    pub fields: SmallVec<[(&'static str, String); 2]>,
    /// What the route wants to change of the head.
    pub edits: Option<&'a HeaderEdits>,
}

impl From<Reason> for LocalReply<'_> {
    fn from(reason: Reason) -> Self {
        Self {
            reason,
            status: reason.status(),
            body: Cow::Owned(format!("{} {reason}\n", reason.status())),
            content_type: Cow::Borrowed("text/plain; charset=utf-8"),
            fields: SmallVec::new(),
            edits: None,
        }
    }
}

impl From<Reason> for Refused<'_> {
    fn from(reason: Reason) -> Self {
        Self::new(reason.into())
    }
}
