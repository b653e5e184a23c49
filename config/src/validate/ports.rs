//! Addresses that get into each other's way.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use super::cluster::Clusters;
use super::listener::Listeners;
use super::process::labels;
use crate::document::{ListenerDoc, ProcessDoc};
use crate::fault::{Fault, Findings};
use crate::language::Fields;
use crate::source::{At, Span};

/// Who has an address.
#[derive(Clone, Copy)]
struct Owner<'a> {
    name: &'a str,
    address: SocketAddr,
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
        owners.push(Owner { name: "the admin port", address, span, listener: None });
    }
    for (name, document) in &listeners.list {
        if let Some(At { value: address, span }) = document.value.address {
            owners.push(Owner {
                name: &name.value.0,
                address,
                span: Some(span),
                listener: Some(&document.value),
            });
        }
    }
    owners.retain(|owner| owner.address.port() != 0);
    collisions(&owners, findings);
    loops(&owners, clusters, findings);
}

/// The kernel gives a port to one socket, and a socket on all addresses takes it on each.
fn collisions(owners: &[Owner<'_>], findings: &mut Findings) {
    let mut taken: HashMap<SocketAddr, Owner<'_>> = HashMap::new();
    // the first owner of a port in each family of addresses
    let mut ports: HashMap<(bool, u16), Owner<'_>> = HashMap::new();
    for owner in owners {
        let (ip, port) = (owner.address.ip(), owner.address.port());
        let everywhere = SocketAddr::new(unspecified(ip), port);
        let family = (ip.is_ipv4(), port);
        let overlapping = if ip.is_unspecified() { ports.get(&family) } else { taken.get(&everywhere) };
        let other = taken.get(&owner.address).or(overlapping).copied();
        taken.entry(owner.address).or_insert(*owner);
        ports.entry(family).or_insert(*owner);
        let (Some(other), Some(span)) = (other.filter(|other| meet(owner, other)), owner.span) else {
            continue;
        };
        let fault =
            Fault::error(span, format!("`{}` is taken already, by {}", owner.address, quoted(&other)));
        let fault = fault.help("give each its own port");
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

fn unspecified(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED),
    }
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
    let own: HashMap<SocketAddr, &Owner<'_>> =
        owners.iter().filter(|owner| owner.listener.is_some()).map(|owner| (owner.address, owner)).collect();
    for (endpoint, span) in clusters.endpoints() {
        let everywhere = SocketAddr::new(unspecified(endpoint.ip()), endpoint.port());
        let owner =
            own.get(&endpoint).or_else(|| own.get(&everywhere).filter(|_| endpoint.ip().is_loopback()));
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
