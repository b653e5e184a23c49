//! A response that is being filled, up to a size.

use bytes::Bytes;

use crate::cache::Resource;
use crate::kind::Kind;
use crate::message::{MORE, NAME_OVERHEAD, Response};

#[derive(Debug)]
pub(crate) struct Draft {
    resources: Vec<Bytes>,
    removed: Vec<String>,
    bytes: usize,
    bytes_max: usize,
    /// Another one has to follow.
    pub(crate) more: bool,
}

impl Draft {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { resources: Vec::new(), removed: Vec::new(), bytes: 0, bytes_max, more: false }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.removed.is_empty()
    }

    /// Adds a resource, or the name of one that is gone; false when there is no room. The first one has room always.
    pub(crate) fn add(&mut self, name: &str, put: Option<&Resource>) -> bool {
        let bytes = NAME_OVERHEAD + put.map_or(name.len(), |resource| resource.encoded().len());
        if !self.is_empty() && self.bytes + bytes > self.bytes_max {
            return false;
        }
        self.bytes += bytes;
        match put {
            Some(resource) => self.resources.push(resource.encoded().clone()),
            None => self.removed.push(name.to_owned()),
        }
        true
    }

    pub(crate) fn response(self, kind: Kind, nonce: u64) -> Response {
        Response {
            system_version: if self.more { MORE.to_owned() } else { String::new() },
            resources: self.resources,
            type_url: kind.url().to_owned(),
            nonce: nonce.to_string(),
            removed: self.removed,
        }
    }
}
