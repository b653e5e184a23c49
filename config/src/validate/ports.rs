//! Addresses that get into each other's way.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::cluster::Clusters;
use super::listener::Listeners;
use super::process::labels;
use crate::document::{ListenerDoc, ProcessDoc};
use crate::fault::{Fault, Findings};
use crate::language::Fields;
use crate::model::Address;
use crate::source::{At, Span};

/// Who has an address.
#[derive(Clone)]
struct Owner<'a> {
    name: &'a str,
    address: Address,
    span: Option<Span>,
    listener: Option<&'a ListenerDoc>,
}

pub(super) fn check(
    listeners: &Listeners,
    clusters: &Clusters,
    process: Option<&ProcessDoc>,
    findings: &mut Findings,
) {
    let mut owners = Vec::with_capacity(listeners.list.len() + 1);
    let nothing = ProcessDoc::nothing();
    let process = process.unwrap_or(&nothing);
    if let Some(address) = process.admin().value.into_option() {
        let span = process.admin.as_ref().map(|admin| admin.span);
        owners.push(Owner { name: "the admin port", address: address.into(), span, listener: None });
    }
    for (name, document) in &listeners.list {
        if let Some(At { value: address, span }) = &document.value.address {
            owners.push(Owner {
                name: &name.value.0,
                address: address.clone(),
                span: Some(*span),
                listener: Some(&document.value),
            });
        }
    }
    owners.retain(|owner| owner.address.port() != Some(0));
    collisions(&owners, findings);
    loops(&owners, clusters, findings);
}

/// The kernel gives a port to one socket, and a socket on all addresses takes it on each.
fn collisions(owners: &[Owner<'_>], findings: &mut Findings) {
    let mut taken: HashMap<Address, &Owner<'_>> = HashMap::new();
    // the first owner of a port in each family of addresses
    let mut ports: HashMap<(bool, u16), &Owner<'_>> = HashMap::new();
    for owner in owners {
        let mut other = taken.get(&owner.address).copied();
        taken.entry(owner.address.clone()).or_insert(owner);
        if let Address::Ip(address) = owner.address {
            let (ip, port) = (address.ip(), address.port());
            let family = (ip.is_ipv4(), port);
            let overlapping =
                if ip.is_unspecified() { ports.get(&family) } else { taken.get(&everywhere(address)) };
            other = other.or(overlapping.copied());
            ports.entry(family).or_insert(owner);
        }
        let (Some(other), Some(span)) = (other.filter(|other| meet(owner, other)), owner.span) else {
            continue;
        };
        let fault = Fault::error(span, format!("`{}` is taken already, by {}", owner.address, quoted(other)));
        let fault = fault.help("give each its own address");
        findings.push(match other.span {
            Some(first) => fault.related(first, "here"),
            None => fault,
        });
    }
}

fn quoted(owner: &Owner<'_>) -> String {
    match owner.listener {
        Some(_) => format!("the listener `{}`", owner.name),
        None => format!("{} (`{}`)", owner.name, owner.address),
    }
}

/// The same port on all addresses.
fn everywhere(address: SocketAddr) -> Address {
    let ip: IpAddr = match address {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    SocketAddr::new(ip, address.port()).into()
}

/// Whether some proxy opens both: not when their `proxies` contradict each other.
fn meet(one: &Owner<'_>, other: &Owner<'_>) -> bool {
    let selector = |owner: &Owner<'_>| {
        owner.listener.map(|document| labels(document.proxies.as_ref())).unwrap_or_default()
    };
    let (one, other) = (selector(one), selector(other));
    !one.iter().any(|(name, value)| other.get(name).is_some_and(|theirs| theirs != value))
}

/// An endpoint that is a listener of this proxy sends requests round and round.
fn loops(owners: &[Owner<'_>], clusters: &Clusters, findings: &mut Findings) {
    let own: HashMap<&Address, &Owner<'_>> =
        owners.iter().filter(|owner| owner.listener.is_some()).map(|owner| (&owner.address, owner)).collect();
    for (endpoint, span) in clusters.endpoints() {
        let owner = own.get(endpoint).or_else(|| match endpoint {
            Address::Ip(address) if address.ip().is_loopback() => own.get(&everywhere(*address)),
            Address::Ip(_) | Address::Unix(_) => None,
        });
        let Some(owner) = owner else { continue };
        let fault = Fault::warning(
            span,
            format!("this endpoint is the listener `{}` of this same proxy", owner.name),
        );
        let fault = fault.help("requests would go round; name the address of the service");
        findings.push(match owner.span {
            Some(listener) => fault.related(listener, "the listener"),
            None => fault,
        });
    }
}
