//! An answer that the proxy makes by itself.

use std::borrow::Cow;

use smallvec::SmallVec;
use towpath_config::model::{GRPC_MEDIA_TYPE, HeaderEdits};

use crate::codec::grpc;
use crate::outcome::{GrpcStatus, Reason};

#[cfg(test)]
mod tests;

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
    /// The status of gRPC, for callers that speak it.
    pub grpc: Option<GrpcStatus>,
}

impl LocalReply<'_> {
    /// Says the same in the words of gRPC: in fields alone (grpc/grpc doc/PROTOCOL-HTTP2.md, Trailers-Only). What the table
    /// wants to be answered means what its status means.
    pub fn speak_grpc(&mut self) {
        let status = match self.reason {
            Reason::Redirect | Reason::DirectResponse => GrpcStatus::of_http(self.status),
            reason => reason.grpc_status(),
        };
        self.grpc = Some(status);
        if self.reason == Reason::ClientGone {
            // nobody hears it
            return;
        }
        let fields =
            [("grpc-status", status.code().to_string()), ("grpc-message", grpc::message(&self.body))];
        self.fields.insert_many(0, fields);
        self.status = 200;
        self.body = Cow::Borrowed("");
        self.content_type = Cow::Borrowed(GRPC_MEDIA_TYPE);
    }
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
            grpc: None,
        }
    }
}

impl From<Reason> for Refused<'_> {
    fn from(reason: Reason) -> Self {
        Self::new(reason.into())
    }
}
