//! The messages of delta ADS, as Envoy's authors have written them, and what is ours in them: types, and the text in a
//! resource.

use std::collections::BTreeMap;

use envoy_types::pb::envoy::config::core::v3::Node;
use envoy_types::pb::envoy::config::core::v3::node::UserAgentVersionType;
use envoy_types::pb::google::protobuf::value::Kind as Sort;
use envoy_types::pb::google::protobuf::{Struct, Value};
use prost::Message;

pub use envoy_types::pb::envoy::service::discovery::v3::aggregated_discovery_service_client::AggregatedDiscoveryServiceClient as Client;
pub use envoy_types::pb::envoy::service::discovery::v3::{
    DeltaDiscoveryRequest as Request, DeltaDiscoveryResponse as Response,
};

/// What all our types begin with.
const TYPES: &str = "type.googleapis.com/towpath.v1.";

/// How many types there are.
pub const KINDS: usize = 6;

/// A type of resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What proxies share.
    Settings,
    /// A cluster without its endpoints.
    Cluster,
    /// The endpoints of a cluster.
    Endpoints,
    /// A listener.
    Listener,
    /// A route.
    Route,
    /// What serves a host.
    Host,
}

impl Kind {
    /// All of them; settings and listeners are what a proxy wants that loads the rest on demand.
    pub const ALL: [Self; KINDS] =
        [Self::Settings, Self::Cluster, Self::Endpoints, Self::Listener, Self::Route, Self::Host];

    fn name(self) -> &'static str {
        match self {
            Self::Settings => "Settings",
            Self::Cluster => "Cluster",
            Self::Endpoints => "Endpoints",
            Self::Listener => "Listener",
            Self::Route => "Route",
            Self::Host => "Host",
        }
    }

    /// As it stands on the wire.
    pub fn url(self) -> String {
        format!("{TYPES}{}", self.name())
    }

    /// The type that stands on the wire.
    pub fn of(url: &str) -> Option<Self> {
        let name = url.strip_prefix(TYPES)?;
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Who a proxy says it is.
pub fn identity(id: String, namespace: &str, labels: &BTreeMap<String, String>) -> Node {
    let text = |text: &str| Value { kind: Some(Sort::StringValue(text.to_owned())) };
    let fields = labels.iter().map(|(name, label)| (name.clone(), text(label))).collect();
    let labels = Value { kind: Some(Sort::StructValue(Struct { fields })) };
    let fields = [("namespace".to_owned(), text(namespace)), ("labels".to_owned(), labels)];
    Node {
        id,
        metadata: Some(Struct { fields: fields.into_iter().collect() }),
        user_agent_name: "towpath-load".to_owned(),
        user_agent_version_type: Some(UserAgentVersionType::UserAgentVersion(
            env!("CARGO_PKG_VERSION").to_owned(),
        )),
        ..Node::default()
    }
}

/// The body of a resource.
#[derive(Clone, PartialEq, Message)]
pub struct Body {
    /// The value under its name, as JSON.
    #[prost(string, tag = "1")]
    pub text: String,
}
