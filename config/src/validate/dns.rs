//! `dns` of a cluster, and of the process.

use crate::document::{ClusterDoc, DnsDoc, ResolverDoc};
use crate::fault::{Fault, Findings, Missing};
use crate::language::Fields;
use crate::model::{Dns, DnsQuery, Placed, Resolver};
use crate::source::{At, Span};

const FORMS: &str = "write `{name: app.internal, port: 8080}` or `{srv: _http._tcp.app.internal}`";

/// The name of a cluster that has one instead of `endpoints`.
pub(super) fn dns(
    cluster: &str,
    document: &ClusterDoc,
    span: Span,
    findings: &mut Findings,
) -> Option<Placed<Dns>> {
    let wrong = |key| document.wrong().contains(&key);
    match (&document.endpoints, &document.dns) {
        (Some(endpoints), Some(dns)) => {
            let fault = Fault::error(dns.span, "a cluster has either `endpoints` or `dns`");
            findings.push(fault.related(endpoints.span, "its endpoints").help("leave one of them out"));
            None
        }
        (None, Some(dns)) if !wrong("endpoints") => {
            let query = query(dns, findings)?;
            understood(&dns.value, query, findings).map(|value| Placed { value, place: dns.span.place() })
        }
        (None, None) if !wrong("endpoints") && !wrong("dns") => {
            findings.push(Fault::no_endpoints(span).missing(Missing::Endpoints(cluster.to_owned())));
            None
        }
        _ => None,
    }
}

fn query(At { value: document, span }: &At<DnsDoc>, findings: &mut Findings) -> Option<DnsQuery> {
    if !document.wrong().is_empty() {
        return None;
    }
    let fault = match (&document.name, &document.port, &document.srv) {
        (Some(name), Some(port), None) => {
            let port = u16::try_from(port.value.0).ok()?;
            return Some(DnsQuery::Host { name: name.value.0.clone(), port });
        }
        (None, None, Some(srv)) => return Some(DnsQuery::Service(srv.value.0.clone())),
        (Some(name), None, None) => Fault::error(name.span, "`port` is missing here")
            .help(format!("write `{{name: {}, port: 8080}}`", name.value.0)),
        (Some(_), _, Some(srv)) => Fault::error(srv.span, "there is a `name` already").help(FORMS),
        (None, Some(port), Some(_)) => {
            Fault::error(port.span, "the SRV records say the ports").help("leave `port` out")
        }
        (None, _, None) => Fault::error(*span, "there is no name here").help(FORMS),
    };
    findings.push(fault);
    None
}

fn understood(document: &DnsDoc, query: DnsQuery, findings: &mut Findings) -> Option<Dns> {
    let (ttl_min, ttl_max) = (document.ttl_min(), document.ttl_max());
    if *ttl_min > *ttl_max {
        let written = document.ttl_min.as_ref().map(|ttl| ttl.span);
        let span = written.or(document.ttl_max.as_ref().map(|ttl| ttl.span))?;
        let found = format!("`ttl_min` is {:?}, which is more than `ttl_max`, {:?}", *ttl_min, *ttl_max);
        findings.push(Fault::error(span, found).help("the least is not more than the most"));
        return None;
    }
    Some(Dns {
        query,
        mode: *document.mode(),
        family: *document.family(),
        ttl_min: *ttl_min,
        ttl_max: *ttl_max,
        addresses_max: document.addresses_max().0,
    })
}

/// Who is asked.
pub(super) fn resolver(document: Option<&At<ResolverDoc>>) -> Resolver {
    let document = document.map_or_else(Fields::nothing, |document| document.value.clone());
    Resolver {
        timeout: *document.timeout(),
        startup_timeout: document.startup_timeout().value.into_option(),
        servers: document.servers.into_iter().flat_map(|servers| servers.value.into_values()).collect(),
    }
}
