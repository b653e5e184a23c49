//! Who a proxy says it is. A claim, as long as the channel proves nothing.

use std::collections::BTreeMap;

use prost::Message;
use thiserror::Error;

use crate::message::Request;

#[cfg(test)]
mod tests;

/// The most octets of an id, a namespace, a label or a locality.
const TEXT_BYTES_MAX: usize = 255;

/// The most labels.
const LABELS_MAX: usize = 64;

/// The name of this program in `user_agent_name`.
const USER_AGENT: &str = "towpath";

/// What a proxy says of itself with its first request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    /// `proxy.id`.
    pub id: String,
    /// `proxy.namespace`.
    pub namespace: String,
    /// `proxy.labels`.
    pub labels: BTreeMap<String, String>,
    /// `proxy.locality`: region and zone, such as `eu-1/a`; empty when it says none.
    pub locality: String,
    /// The version of the program.
    pub version: String,
}

/// Why nobody is served under this identity.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoIdentity {
    /// The first request of a stream says who asks.
    #[error("the first request of a stream has a node with an id")]
    Missing,
    /// Kept in memory for each proxy, so it has a bound.
    #[error("{0} of a proxy has at most {TEXT_BYTES_MAX} bytes")]
    TooLong(&'static str),
    /// The same.
    #[error("a proxy has at most {LABELS_MAX} labels")]
    TooManyLabels,
}

impl Request {
    /// Who sent it: only the first request of a stream says so.
    ///
    /// # Errors
    /// When it does not say, or says too much.
    pub fn identity(&self) -> Result<Identity, NoIdentity> {
        let place = self.node.as_ref().filter(|place| !place.id.is_empty()).ok_or(NoIdentity::Missing)?;
        place.identity()
    }
}

impl Identity {
    pub(crate) fn place(&self) -> Place {
        let text = |text: &str| Value { text: Some(text.to_owned()), ..Value::default() };
        let labels = self.labels.iter().map(|(name, label)| (name.clone(), text(label))).collect();
        let labels = Value { fields: Some(Struct { fields: labels }), ..Value::default() };
        let fields =
            BTreeMap::from([("namespace".to_owned(), text(&self.namespace)), ("labels".to_owned(), labels)]);
        let mut locality = self.locality.splitn(3, '/').map(str::to_owned);
        Place {
            id: self.id.clone(),
            metadata: Some(Struct { fields }),
            locality: (!self.locality.is_empty()).then(|| Locality {
                region: locality.next().unwrap_or_default(),
                zone: locality.next().unwrap_or_default(),
                sub_zone: locality.next().unwrap_or_default(),
            }),
            user_agent_name: USER_AGENT.to_owned(),
            user_agent_version: Some(self.version.clone()),
        }
    }
}

impl Place {
    fn identity(&self) -> Result<Identity, NoIdentity> {
        let field = |name: &str| self.metadata.as_ref().and_then(|metadata| metadata.fields.get(name));
        let labels = field("labels").and_then(|labels| labels.fields.as_ref()).map(|labels| &labels.fields);
        let labels = labels.into_iter().flatten();
        let labels: BTreeMap<_, _> =
            labels.filter_map(|(name, label)| Some((name.clone(), label.text.clone()?))).collect();
        let namespace = field("namespace").and_then(|namespace| namespace.text.clone());
        let identity = Identity {
            id: self.id.clone(),
            namespace: namespace.filter(|name| !name.is_empty()).unwrap_or_else(|| "default".to_owned()),
            labels,
            locality: self.locality.as_ref().map(Locality::joined).unwrap_or_default(),
            version: self.user_agent_version.clone().unwrap_or_default(),
        };
        identity.bounded()
    }
}

impl Identity {
    fn bounded(self) -> Result<Self, NoIdentity> {
        if self.labels.len() > LABELS_MAX {
            return Err(NoIdentity::TooManyLabels);
        }
        let labels = self.labels.iter().flat_map(|(name, label)| [("a label", name), ("a label", label)]);
        let own = [
            ("the id", &self.id),
            ("the namespace", &self.namespace),
            ("the locality", &self.locality),
            ("the version", &self.version),
        ];
        let long = own.into_iter().chain(labels).find(|(_, text)| text.len() > TEXT_BYTES_MAX);
        match long {
            Some((what, _)) => Err(NoIdentity::TooLong(what)),
            None => Ok(self),
        }
    }
}

/// `envoy.config.core.v3.Node`, as far as we use it.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Place {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(message, optional, tag = "3")]
    metadata: Option<Struct>,
    #[prost(message, optional, tag = "4")]
    locality: Option<Locality>,
    #[prost(string, tag = "6")]
    user_agent_name: String,
    #[prost(string, optional, tag = "7")]
    user_agent_version: Option<String>,
}

/// `envoy.config.core.v3.Locality`.
#[derive(Clone, PartialEq, Message)]
struct Locality {
    #[prost(string, tag = "1")]
    region: String,
    #[prost(string, tag = "2")]
    zone: String,
    #[prost(string, tag = "3")]
    sub_zone: String,
}

impl Locality {
    fn joined(&self) -> String {
        let parts = [&self.region, &self.zone, &self.sub_zone].map(String::as_str);
        parts.join("/").trim_end_matches('/').to_owned()
    }
}

/// `google.protobuf.Struct`.
#[derive(Clone, PartialEq, Message)]
struct Struct {
    #[prost(btree_map = "string, message", tag = "1")]
    fields: BTreeMap<String, Value>,
}

/// `google.protobuf.Value`, as far as we use it.
#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, optional, tag = "3")]
    text: Option<String>,
    #[prost(message, optional, tag = "5")]
    fields: Option<Struct>,
}
