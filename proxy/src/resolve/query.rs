//! Asks: `/etc/hosts` first, then the servers. The one file that knows the resolver.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ServerOrderingStrategy,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::{Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{Hosts, Resolver, TokioResolver};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, timeout_at};
use towpath_config::model::{self, Dns, DnsFamily, DnsQuery};

use super::answer::{Found, Records, Service, is_sane};
use crate::upstream::names::DnsVerdict;

/// How long the lines of `/etc/hosts`, which have no TTL, are held.
const HOSTS_TTL: Duration = Duration::from_secs(5);

/// Asks for a name, once. Never takes longer than `resolver.timeout`.
pub async fn ask(dns: &Dns, resolver: &model::Resolver) -> Result<Found, DnsVerdict> {
    let due = Instant::now() + *resolver.timeout();
    let settings = resolver.clone();
    // both files may have changed since the last time, and files are not read where connections are accepted
    let made = spawn_blocking(move || Asker::new(&settings, due)).await;
    let asker = made.unwrap_or(Err(DnsVerdict::Unreachable))?;
    match dns.query() {
        DnsQuery::Host { name, .. } => asker.host(name, *dns.family()).await,
        DnsQuery::Service(name) => asker.service(name, dns).await,
    }
}

/// One resolution.
#[derive(Clone)]
struct Asker {
    resolver: TokioResolver,
    hosts: std::sync::Arc<Hosts>,
    due: Instant,
}

/// The addresses of one name.
struct Addresses {
    ips: Vec<IpAddr>,
    ttl: Duration,
    unheard: Option<DnsFamily>,
}

fn server(address: SocketAddr) -> NameServerConfig {
    let at_port = |mut connection: ConnectionConfig| {
        connection.port = address.port();
        connection
    };
    NameServerConfig::new(
        address.ip(),
        true,
        vec![at_port(ConnectionConfig::udp()), at_port(ConnectionConfig::tcp())],
    )
}

impl Asker {
    fn new(settings: &model::Resolver, due: Instant) -> Result<Self, DnsVerdict> {
        let unreachable = |_| DnsVerdict::Unreachable;
        let provider = TokioRuntimeProvider::default();
        let mut builder = match settings.servers().as_slice() {
            [] => Resolver::builder(provider).map_err(unreachable)?,
            servers => {
                let servers = servers.iter().copied().map(server).collect();
                Resolver::builder_with_config(ResolverConfig::from_parts(None, Vec::new(), servers), provider)
            }
        };
        let options = builder.options_mut();
        // each question twice, in the time that there is
        (options.timeout, options.attempts) = (*settings.timeout() / 2, 1);
        options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
        // the lines of a name as it is written come first, whatever is searched for; and answers are held here alone
        (options.use_hosts_file, options.cache_size) = (ResolveHosts::Never, 0);
        let resolver = builder.build().map_err(unreachable)?;
        Ok(Self { resolver, hosts: Hosts::from_system().unwrap_or_default().into(), due })
    }

    async fn host(&self, name: &str, family: DnsFamily) -> Result<Found, DnsVerdict> {
        let Addresses { ips, ttl, unheard } = self.addresses(name, family).await?;
        Ok(Found { records: Records::Addresses(ips), ttl, unheard })
    }

    async fn service(&self, name: &str, dns: &Dns) -> Result<Found, DnsVerdict> {
        let lookup = self.lookup(name, RecordType::SRV).await?;
        let records = lookup.answers().iter().filter_map(|record| match &record.data {
            // a target of `.` says that the service is not offered
            RData::SRV(srv) if !srv.target.is_root() => Some(srv),
            _ => None,
        });
        let mut asked = JoinSet::new();
        for srv in records.take(*dns.addresses_max() as usize) {
            let service = Service { priority: srv.priority, weight: srv.weight, port: srv.port };
            let (asker, name, family) = (self.clone(), srv.target.to_ascii(), *dns.family());
            asked.spawn(async move { (service, asker.addresses(&name, family).await) });
        }
        let (mut ttl, mut fault) = (ttl(&lookup), DnsVerdict::NoAddress);
        let mut services = Vec::new();
        while let Some(Ok((service, addresses))) = asked.join_next().await {
            match addresses {
                Ok(addresses) => {
                    ttl = ttl.min(addresses.ttl);
                    services.push((service, addresses.ips));
                }
                Err(verdict) => fault = worse(fault, verdict),
            }
        }
        services.sort();
        match services.is_empty() {
            true => Err(fault),
            false => Ok(Found { records: Records::Services(services), ttl, unheard: None }),
        }
    }

    /// The addresses of a host, IPv4 first.
    async fn addresses(&self, name: &str, family: DnsFamily) -> Result<Addresses, DnsVerdict> {
        if let Some(ips) = self.written(name, family) {
            return Ok(Addresses { ips, ttl: HOSTS_TTL, unheard: None });
        }
        let lookup = |kind, unwanted| async move {
            if family == unwanted { Err(DnsVerdict::NoAddress) } else { self.lookup(name, kind).await }
        };
        let (v4, v6) =
            tokio::join!(lookup(RecordType::A, DnsFamily::V6), lookup(RecordType::AAAA, DnsFamily::V4));
        let heard: Vec<&Lookup> = [&v4, &v6].into_iter().filter_map(|lookup| lookup.as_ref().ok()).collect();
        let ips: Vec<IpAddr> = heard.iter().flat_map(|lookup| ips(lookup)).collect();
        let fault = |lookup: &Result<Lookup, DnsVerdict>| lookup.as_ref().err().copied();
        if ips.is_empty() {
            let none = DnsVerdict::NoAddress;
            return Err(worse(fault(&v4).unwrap_or(none), fault(&v6).unwrap_or(none)));
        }
        let unknown = |lookup| fault(lookup).is_some_and(|verdict| !verdict.is_denial());
        let families = [(&v4, DnsFamily::V4), (&v6, DnsFamily::V6)];
        let unheard = families.into_iter().find(|(lookup, _)| unknown(lookup)).map(|(_, family)| family);
        let ttl = heard.iter().map(|lookup| ttl(lookup)).min().unwrap_or_default();
        Ok(Addresses { ips, ttl, unheard })
    }

    /// What `/etc/hosts` says of a name.
    fn written(&self, name: &str, family: DnsFamily) -> Option<Vec<IpAddr>> {
        let name = Name::from_ascii(name).ok()?;
        let kinds = [(RecordType::A, DnsFamily::V6), (RecordType::AAAA, DnsFamily::V4)];
        let lookups = kinds
            .into_iter()
            .filter(|(_, unwanted)| family != *unwanted)
            .filter_map(|(kind, _)| self.hosts.lookup_static_host(&Query::query(name.clone(), kind)));
        let found: Vec<Lookup> = lookups.collect();
        let ips: Vec<IpAddr> = found.iter().flat_map(ips).collect();
        (!ips.is_empty()).then_some(ips)
    }

    async fn lookup(&self, name: &str, kind: RecordType) -> Result<Lookup, DnsVerdict> {
        let name = Name::from_ascii(name).map_err(|_| DnsVerdict::NoName)?;
        in_time(self.due, self.resolver.lookup(name, kind)).await
    }
}

async fn in_time(
    due: Instant,
    lookup: impl Future<Output = Result<Lookup, NetError>>,
) -> Result<Lookup, DnsVerdict> {
    match timeout_at(due, lookup).await {
        Err(_) => Err(DnsVerdict::Timeout),
        Ok(outcome) => outcome.map_err(|fault| verdict(&fault)),
    }
}

fn verdict(fault: &NetError) -> DnsVerdict {
    match fault {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => DnsVerdict::NoName,
            ResponseCode::NoError => DnsVerdict::NoAddress,
            _ => DnsVerdict::ServerFailure,
        },
        NetError::Dns(_) => DnsVerdict::ServerFailure,
        NetError::Timeout | NetError::Proto(_) => DnsVerdict::Timeout,
        _ => DnsVerdict::Unreachable,
    }
}

/// The verdict of two lookups for one name: somebody who does not know outweighs somebody who denies.
fn worse(one: DnsVerdict, other: DnsVerdict) -> DnsVerdict {
    if one.is_denial() && (!other.is_denial() || other == DnsVerdict::NoName) { other } else { one }
}

fn ips(lookup: &Lookup) -> impl Iterator<Item = IpAddr> {
    let ips = lookup.answers().iter().filter_map(|record| record.data.ip_addr()).map(|ip| ip.to_canonical());
    ips.filter(is_sane)
}

/// The shortest TTL, aliases on the way included.
fn ttl(lookup: &Lookup) -> Duration {
    let ttl = lookup.answers().iter().map(|record| record.ttl).min();
    Duration::from_secs(ttl.unwrap_or_default().into())
}
