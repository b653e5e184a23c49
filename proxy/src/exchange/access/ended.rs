//! What has ended, as far as a line can tell of it.

use towpath_config::model::{Address, Algorithm};
use xxhash_rust::xxh64::xxh64;

use crate::codec::fields::Fields;
use crate::codec::message::RequestHead;
use crate::codec::outgoing::Outgoing;
use crate::exchange::subject::Subject;
use crate::filter::edits::Values;
use crate::filter::forwarded::Peer;
use crate::observe::exemplar::Identity;
use crate::observe::series::Sample;
use crate::observe::stats::Skip;

/// What is kept of an exchange for its line.
#[derive(Debug, Default)]
pub struct Noted {
    /// Why the proxy answered by itself, or why it ended otherwise than it should.
    pub reason: Option<&'static str>,
    /// Who answered, where the proxy did not.
    pub endpoint: Option<Address>,
    /// How often the request was sent.
    pub attempts: u32,
    /// By what its answer was compressed, and how long the body was before; or why it was not.
    pub compression: Option<Result<(Algorithm, u64), Skip>>,
    answer: Option<Box<Fields>>,
}

impl Noted {
    /// Nothing but why it ended.
    #[must_use]
    pub fn because(reason: Option<&'static str>) -> Self {
        Self { reason, ..Self::default() }
    }

    /// By what its answer was compressed, and how long the body was before.
    #[must_use]
    pub fn compressed(&self) -> Option<(Algorithm, u64)> {
        self.compression?.ok()
    }

    /// Keeps the headers of these names from an answer.
    pub fn keep(&mut self, names: &[String], fields: &Fields, out: &Outgoing) {
        if names.is_empty() {
            return;
        }
        let answer = self.answer.get_or_insert_default();
        answer.clear();
        for field in out.fields(fields) {
            if names.iter().any(|name| field.name.eq_ignore_ascii_case(name.as_bytes())) {
                answer.push(field.name, |bytes| bytes.extend_from_slice(field.value));
            }
        }
    }

    /// The first header of this name that was kept.
    pub(super) fn response_header<'a>(&'a self, name: &'a str) -> Option<&'a [u8]> {
        self.answer.as_ref()?.values(name).next()
    }
}

/// An exchange that has ended, or a connection of a TCP listener.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// The names of all that it met.
    pub values: Values<'a>,
    /// The request; none where none could be read.
    pub subject: Option<&'a Subject<'a>>,
    /// The other end of the connection.
    pub peer: &'a Peer,
    /// What was kept of it.
    pub noted: &'a Noted,
    /// What was measured; the status is 0 where there is none.
    pub sample: &'a Sample,
}

impl Ended<'_> {
    /// The lot of the request, which is the same at every proxy on its way.
    pub(super) fn number(&self) -> Option<u64> {
        self.subject.map(|subject| xxh64(subject.identity().1, 0))
    }

    pub(super) fn head(&self) -> Option<&RequestHead> {
        self.subject.map(|subject| subject.head)
    }

    pub(super) fn trace(&self) -> Option<&[u8]> {
        match self.subject?.identity() {
            (Identity::Trace, id) => Some(id),
            (Identity::Request, _) => None,
        }
    }
}

/// The names of something of which nothing is known but where it came in.
#[must_use]
pub fn unknown<'a>(listener: &'a str, peer: &Peer, nothing: &'a Fields) -> Values<'a> {
    Values {
        cluster: "",
        subset: "",
        route: "",
        variant: "",
        listener,
        endpoint: None,
        request_id: b"",
        client: peer.origin,
        method: "",
        host: "",
        path: "",
        request: nothing,
    }
}
