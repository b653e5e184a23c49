//! An exchange that has ended, and what was kept of it.

use towpath_config::model::Address;
use xxhash_rust::xxh64::xxh64;

use crate::codec::fields::Fields;
use crate::codec::outgoing::Outgoing;
use crate::exchange::caller::Visit;
use crate::exchange::decide::Way;
use crate::exchange::subject::Subject;
use crate::filter::edits::Values;
use crate::observe::series::Sample;
use crate::outcome::Reason;
use crate::snapshot::Snapshot;

/// What is kept of an exchange for its line.
#[derive(Debug, Default)]
pub struct Noted {
    /// Why the proxy answered by itself, or broke the answer off.
    pub reason: Option<Reason>,
    /// Who answered, where the proxy did not.
    pub endpoint: Option<Address>,
    /// How often the request was sent.
    pub attempts: u32,
    pub(super) answer: Option<Box<Fields>>,
}

impl Noted {
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

/// An exchange that has ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// Its snapshot.
    pub snapshot: &'a Snapshot,
    /// The connection that it came by.
    pub visit: &'a Visit<'a>,
    /// The request; none where none could be read.
    pub subject: Option<&'a Subject<'a>>,
    /// How far it came.
    pub way: Way,
    /// What was kept of it.
    pub noted: &'a Noted,
    /// What was measured.
    pub sample: &'a Sample,
}

impl<'a> Ended<'a> {
    /// The lot of the request, which is the same at every proxy on its way.
    pub(super) fn number(&self) -> Option<u64> {
        self.subject.map(|subject| xxh64(subject.identity().1, 0))
    }

    /// What `%{…}` can name of it.
    pub(super) fn values(&self, nothing: &'a Fields) -> Values<'a> {
        let values = match self.subject {
            Some(subject) => subject.values_by(self.way),
            None => Values {
                cluster: "",
                subset: "",
                route: "",
                variant: "",
                listener: self.visit.listener,
                endpoint: None,
                request_id: "",
                client: self.visit.peer.origin,
                method: "",
                host: "",
                path: "",
                request: nothing,
            },
        };
        Values { endpoint: self.noted.endpoint.as_ref(), ..values }
    }
}
