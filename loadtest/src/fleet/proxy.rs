//! A proxy as the control server sees it: what it wants, what it holds, what it answers. No I/O.

use std::collections::BTreeSet;

use envoy_types::pb::envoy::config::core::v3::Node;
use prost::Message;
use serde::Deserialize;

use super::book::{Book, Held};
use super::message::{Body, KINDS, Kind, Request, Response};

#[cfg(test)]
mod tests;

/// What a response says that is not the last of its type.
const MORE: &str = "more";

/// The types that a proxy wants all of.
const WHOLE: [Kind; 5] = [Kind::Settings, Kind::Cluster, Kind::Endpoints, Kind::Listener, Kind::Route];

/// Those that it wants all of when it loads the rest on demand.
const ALWAYS: [Kind; 2] = [Kind::Settings, Kind::Listener];

/// What is wanted of one type.
#[derive(Debug, Default)]
struct Wish {
    /// Everything.
    all: bool,
    /// Since the connection came about, all has been said.
    complete: bool,
    names: BTreeSet<String>,
    /// Names of which nothing was heard yet.
    awaited: BTreeSet<String>,
    held: Held,
}

impl Wish {
    fn wants(&self) -> bool {
        self.all || !self.names.is_empty()
    }

    fn is_met(&self) -> bool {
        (!self.all || self.complete) && self.awaited.is_empty()
    }
}

/// A simulated proxy.
#[derive(Debug)]
pub struct Proxy {
    identity: Node,
    wishes: [Wish; KINDS],
}

/// What a response came to.
#[derive(Debug, Default)]
pub struct Heard {
    /// Resources that came.
    pub resources: usize,
    /// Names that are gone.
    pub removed: usize,
    /// Octets of the message.
    pub bytes: usize,
    /// What to send: the acknowledgement, and then what is wanted because of it.
    pub answers: Vec<Request>,
}

/// What serves a host.
#[derive(Debug, Deserialize)]
struct Serves {
    #[serde(default)]
    routes: Vec<String>,
    #[serde(default)]
    clusters: Vec<String>,
}

impl Proxy {
    /// A proxy that wants all that it may see.
    pub fn whole(identity: Node) -> Self {
        Self::wanting(identity, &WHOLE)
    }

    /// A proxy that wants only what serves these hosts, whose names have their namespace.
    pub fn on_demand(identity: Node, hosts: &[String]) -> Self {
        let mut proxy = Self::wanting(identity, &ALWAYS);
        if let Some(wish) = proxy.wishes.get_mut(Kind::Host as usize) {
            wish.names.extend(hosts.iter().cloned());
        }
        proxy
    }

    fn wanting(identity: Node, kinds: &[Kind]) -> Self {
        let wishes = Kind::ALL.map(|kind| Wish { all: kinds.contains(&kind), ..Wish::default() });
        Self { identity, wishes }
    }

    /// What to send when a stream has come about.
    pub fn connected(&mut self, book: &Book) -> Vec<Request> {
        let mut identity = Some(self.identity.clone());
        let mut requests = Vec::new();
        for (kind, wish) in Kind::ALL.into_iter().zip(&mut self.wishes) {
            wish.complete = false;
            wish.awaited.clone_from(&wish.names);
            if !wish.wants() {
                continue;
            }
            let all = wish.all.then(|| "*".to_owned());
            requests.push(Request {
                node: identity.take(),
                type_url: kind.url(),
                resource_names_subscribe: all.into_iter().chain(wish.names.iter().cloned()).collect(),
                initial_resource_versions: wish.held.texts(kind, book),
                ..Request::default()
            });
        }
        requests
    }

    /// Takes a response. One of a type that was not asked for is refused.
    ///
    /// # Errors
    /// A type that there is not.
    pub fn response(&mut self, response: Response, book: &mut Book) -> Result<Heard, String> {
        let Some(kind) = Kind::of(&response.type_url) else {
            return Err(format!("a response of type `{}`", response.type_url));
        };
        let bytes = response.encoded_len();
        let (resources, removed) = (response.resources.len(), response.removed_resources.len());
        let mut wanted = Vec::new();
        if let Some(wish) = self.wishes.get_mut(kind as usize) {
            for resource in &response.resources {
                wish.held.hold(book.numbers(kind, &resource.name, &resource.version));
                wish.awaited.remove(&resource.name);
                if kind == Kind::Host {
                    wanted.push(serves(resource.resource.as_ref().map_or(&[][..], |body| &body.value))?);
                }
            }
            for name in &response.removed_resources {
                wish.held.release(book.numbers(kind, name, "").0);
                wish.awaited.remove(name);
            }
            // a server that has nothing more to say of a name says so, or it is in one of the responses that follow
            wish.complete |= response.system_version_info != MORE;
        }
        let acknowledged =
            Request { type_url: response.type_url, response_nonce: response.nonce, ..Request::default() };
        let mut answers = vec![acknowledged];
        for Serves { routes, clusters } in wanted {
            answers.extend(self.want(Kind::Cluster, &clusters));
            answers.extend(self.want(Kind::Endpoints, &clusters));
            answers.extend(self.want(Kind::Route, &routes));
        }
        Ok(Heard { resources, removed, bytes, answers })
    }

    fn want(&mut self, kind: Kind, names: &[String]) -> Option<Request> {
        let wish = self.wishes.get_mut(kind as usize)?;
        let fresh: Vec<_> = names.iter().filter(|name| wish.names.insert((*name).clone())).cloned().collect();
        wish.awaited.extend(fresh.iter().cloned());
        let request = Request { type_url: kind.url(), resource_names_subscribe: fresh, ..Request::default() };
        (!request.resource_names_subscribe.is_empty()).then_some(request)
    }

    /// Whether it has heard all that it wants.
    pub fn is_synced(&self) -> bool {
        self.wishes.iter().all(Wish::is_met)
    }

    /// How many resources it holds.
    pub fn held(&self) -> usize {
        self.wishes.iter().map(|wish| wish.held.count()).sum()
    }
}

fn serves(body: &[u8]) -> Result<Serves, String> {
    let body = Body::decode(body).map_err(|fault| format!("the body of a host: {fault}"))?;
    serde_json::from_str(&body.text).map_err(|fault| format!("the text of a host: {fault}"))
}
