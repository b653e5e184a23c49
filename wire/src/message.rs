//! The messages of delta ADS (envoy/service/discovery/v3/discovery.proto), as far as we use them, written out for `prost`.
//!
//! Not those of `envoy-types`, for one reason: there the body of a resource is a `Vec<u8>`, so that every response to every
//! proxy would hold a copy. Here a [`Response`] holds the encoded resources themselves, which all streams share; on the wire
//! a field of bytes and a field of a message are the same. Tests compare every message with the official one.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message;

use crate::identity::Place;
use crate::kind::Kind;
use crate::version::Version;

#[cfg(test)]
mod tests;

/// What a client says: subscriptions, and its verdict on a response.
#[derive(Clone, PartialEq, Message)]
pub struct Request {
    #[prost(message, optional, tag = "1")]
    pub(crate) node: Option<Place>,
    #[prost(string, tag = "2")]
    pub(crate) type_url: String,
    #[prost(string, repeated, tag = "3")]
    pub(crate) subscribe: Vec<String>,
    #[prost(string, repeated, tag = "4")]
    pub(crate) unsubscribe: Vec<String>,
    #[prost(btree_map = "string, string", tag = "5")]
    pub(crate) initial_versions: BTreeMap<String, String>,
    #[prost(string, tag = "6")]
    pub(crate) response_nonce: String,
    #[prost(message, optional, tag = "7")]
    pub(crate) error_detail: Option<Status>,
}

impl Request {
    /// The names that it asks for.
    #[must_use]
    pub fn wanted(&self) -> &[String] {
        &self.subscribe
    }

    /// Takes those out of the names that it asks for of which this is not so.
    pub fn retain_wanted(&mut self, holds: impl FnMut(&String) -> bool) {
        self.subscribe.retain(holds);
    }

    /// The names that it asks for no more.
    #[must_use]
    pub fn unwanted(&self) -> &[String] {
        &self.unsubscribe
    }

    /// The type of resources that it is about; none when this server does not know it.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        Kind::of_url(&self.type_url)
    }
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Status {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    #[prost(string, tag = "2")]
    pub(crate) message: String,
}

/// What a server says: resources of one type, and the names of those that are gone.
#[derive(Clone, PartialEq, Message)]
pub struct Response {
    /// For people who debug, by the protocol; [`MORE`] is for our clients too.
    #[prost(string, tag = "1")]
    pub(crate) system_version: String,
    /// Encoded [`ResourceBody`]s.
    #[prost(bytes = "bytes", repeated, tag = "2")]
    pub(crate) resources: Vec<Bytes>,
    #[prost(string, tag = "4")]
    pub(crate) type_url: String,
    #[prost(string, tag = "5")]
    pub(crate) nonce: String,
    #[prost(string, repeated, tag = "6")]
    pub(crate) removed: Vec<String>,
}

/// In [`Response::system_version`]: what the server knows of this type does not fit, another response follows.
pub(crate) const MORE: &str = "more";

impl Response {
    /// The type of its resources; none when this client does not know it.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        Kind::of_url(&self.type_url)
    }

    /// How many resources it brings.
    #[must_use]
    pub fn resources(&self) -> usize {
        self.resources.len()
    }

    /// How many names it says are gone.
    #[must_use]
    pub fn removals(&self) -> usize {
        self.removed.len()
    }

    /// Octets on the wire.
    #[must_use]
    pub fn size(&self) -> usize {
        self.encoded_len()
    }
}

/// `envoy.service.discovery.v3.Resource`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ResourceBody {
    #[prost(string, tag = "3")]
    pub(crate) name: String,
    #[prost(string, tag = "1")]
    pub(crate) version: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) resource: Option<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Any {
    #[prost(string, tag = "1")]
    pub(crate) type_url: String,
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) value: Bytes,
}

/// The body of each of our resources.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Text {
    #[prost(string, tag = "1")]
    pub(crate) text: String,
}

/// Octets that a name takes in a response, beside its own.
pub(crate) const NAME_OVERHEAD: usize = 8;

/// A resource as it stands in responses.
pub(crate) fn encode(kind: Kind, name: &str, version: Version, text: &str) -> Bytes {
    let body = Text { text: text.to_owned() }.encode_to_vec();
    let any = Any { type_url: kind.url().to_owned(), value: body.into() };
    ResourceBody { name: name.to_owned(), version: version.to_string(), resource: Some(any) }
        .encode_to_vec()
        .into()
}

/// A resource that came.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) name: String,
    /// Its version and text, or what is wrong with them.
    pub(crate) body: Result<(Version, String), String>,
}

/// Reads a resource. What has no name is none.
pub(crate) fn decode(kind: Kind, encoded: &Bytes) -> Option<Decoded> {
    let body = ResourceBody::decode(encoded.clone()).ok().filter(|body| !body.name.is_empty())?;
    Some(Decoded { body: text_of(kind, &body.version, body.resource), name: body.name })
}

fn text_of(kind: Kind, version: &str, any: Option<Any>) -> Result<(Version, String), String> {
    let any = any.ok_or("a resource without a body")?;
    if any.type_url != kind.url() {
        return Err(format!("a body of type {:?} among resources of type {}", any.type_url, kind.url()));
    }
    let text = Text::decode(any.value).map_err(|fault| format!("the body is no text: {fault}"))?.text;
    // another server may number its versions; what we compare is the text
    Ok((version.parse().unwrap_or_else(|_| Version::of(&text)), text))
}
