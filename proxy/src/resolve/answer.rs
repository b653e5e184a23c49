//! From the records of an answer to endpoints. Pure.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use towpath_config::model::{Address, Dns, DnsFamily, DnsMode, DnsQuery, Endpoint, Place};

/// What a name stands for, as DNS says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Records {
    /// Addresses, in the order of the answer.
    Addresses(Vec<IpAddr>),
    /// Services, and the addresses of their names.
    Services(Vec<(Service, Vec<IpAddr>)>),
}

/// One SRV record, without its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Service {
    /// Who is called first: the lowest.
    pub priority: u16,
    /// Its share among those of its priority.
    pub weight: u16,
    /// Where it listens.
    pub port: u16,
}

/// An answer with something in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it says.
    pub records: Records,
    /// How long it may be held: the shortest TTL of its records.
    pub ttl: Duration,
    /// The family of addresses of which nothing was heard, while the other one was.
    pub unheard: Option<DnsFamily>,
}

/// What one of several equal weights comes to, so that the addresses of a name can share it.
const SHARE: u32 = 256;

/// An address that somebody can listen on.
pub fn is_sane(ip: &IpAddr) -> bool {
    let broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    !ip.is_unspecified() && !ip.is_multicast() && !broadcast
}

impl Found {
    /// The endpoints, sorted by address unless the order counts. `before` are those of the last answer.
    pub fn endpoints(&self, dns: &Dns, place: Place, before: &[Endpoint]) -> Vec<Endpoint> {
        let limit = *dns.addresses_max() as usize;
        let port = match dns.query() {
            DnsQuery::Host { port, .. } => *port,
            DnsQuery::Service(_) => 0,
        };
        let weighted = match &self.records {
            Records::Addresses(ips) => ips.iter().map(|ip| (SocketAddr::new(*ip, port), 1)).collect(),
            Records::Services(services) => by_weight(services),
        };
        if *dns.mode() == DnsMode::Logical {
            let first = weighted.first();
            return first.map(|(address, _)| Endpoint::resolved(*address, 1, place)).into_iter().collect();
        }
        let unique: BTreeMap<SocketAddr, u32> = weighted.into_iter().collect();
        let known = before.iter().filter(|endpoint| self.is_unheard(endpoint)).cloned();
        let said = unique.into_iter().map(|(address, weight)| Endpoint::resolved(address, weight, place));
        said.chain(known).take(limit).collect()
    }

    /// Whether the answer could say nothing of this endpoint of an older one.
    fn is_unheard(&self, endpoint: &Endpoint) -> bool {
        let v6 = matches!(endpoint.address(), Address::Ip(address) if address.is_ipv6());
        self.unheard.is_some_and(|family| v6 == (family == DnsFamily::V6))
    }
}

/// The addresses of the services of the lowest priority that has any (RFC 2782).
fn by_weight(services: &[(Service, Vec<IpAddr>)]) -> Vec<(SocketAddr, u32)> {
    let reachable = services.iter().filter(|(_, ips)| !ips.is_empty());
    let Some(lowest) = reachable.clone().map(|(service, _)| service.priority).min() else {
        return Vec::new();
    };
    let mut group: Vec<_> = reachable.filter(|(service, _)| service.priority == lowest).collect();
    // the order of SRV records means nothing; the heaviest goes first where only one is taken
    group.sort_by_key(|(service, _)| std::cmp::Reverse(*service));
    let mut weights: Vec<(SocketAddr, u32)> = Vec::new();
    for (service, ips) in group {
        // weight 0 is a very small chance, not none
        let weight = (u32::from(service.weight) * SHARE / ips.len() as u32).max(1);
        for ip in ips {
            let address = SocketAddr::new(*ip, service.port);
            match weights.iter_mut().find(|(known, _)| *known == address) {
                Some((_, sum)) => *sum += weight,
                None => weights.push((address, weight)),
            }
        }
    }
    let divisor = weights.iter().fold(0, |divisor, (_, weight)| gcd(divisor, *weight)).max(1);
    weights.iter_mut().for_each(|(_, weight)| *weight /= divisor);
    weights
}

fn gcd(one: u32, other: u32) -> u32 {
    if other == 0 { one } else { gcd(other, one % other) }
}

#[cfg(test)]
mod tests;
