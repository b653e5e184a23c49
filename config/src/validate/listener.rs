//! The section `listeners`.

use std::collections::{BTreeSet, HashMap};

use super::condition::nets;
use super::process::labels;
use crate::document::{ListenerDoc, ListenerLimitsDoc, ProxyProtocolDoc};
use crate::fault::{Fault, Findings, Missing, did_you_mean};
use crate::language::{Fields, OrNone, Pairs};
use crate::model::{
    HttpRules, Listener, ListenerId, ListenerLimits, ListenerTimeouts, Place, Placed, Protocol,
    ProxyProtocol, Sender,
};
use crate::source::At;
use crate::values::Name;

mod tcp;

/// The listeners as they are written, by name.
pub(super) struct Listeners {
    pub(super) list: Vec<(At<Name>, At<ListenerDoc>)>,
    holes: Vec<Name>,
    ids: HashMap<String, ListenerId>,
}

impl Listeners {
    pub(super) fn new(
        Pairs { mut list, holes, .. }: Pairs<Name, ListenerDoc>,
        findings: &mut Findings,
    ) -> Self {
        list.iter().for_each(|(_, document)| {
            check_mode(&document.value, findings);
            check_explain_from(&document.value, findings);
            check_proxy_protocol(&document.value, findings);
            tcp::check(&document.value, findings);
        });
        list.sort_by_cached_key(|(name, _)| name.value.clone());
        let ids = list
            .iter()
            .enumerate()
            .map(|(id, (name, _))| (name.value.0.clone(), ListenerId(id as u32)))
            .collect();
        Self { list, holes, ids }
    }

    /// The listener of this name.
    pub(super) fn find(&self, name: &At<Name>, findings: &mut Findings) -> Option<ListenerId> {
        let wanted = &name.value.0;
        let found = self.id(wanted);
        if found.is_none() && !self.holes.contains(&name.value) {
            findings.error(|| {
                let known = self.list.iter().map(|(known, _)| known.value.0.as_str());
                let help = did_you_mean(wanted, known)
                    .unwrap_or_else(|| format!("add `{wanted}` to `listeners`, or name one that is there"));
                let fault = Fault::error(name.span, format!("there is no listener `{wanted}`"));
                fault.help(help).missing(Missing::Listener(wanted.clone()))
            });
        }
        found
    }

    /// The listener of this name, if there is one.
    pub(super) fn id(&self, name: &str) -> Option<ListenerId> {
        self.ids.get(name).copied()
    }

    /// Every listener: where its name is written, and its id.
    pub(super) fn names(&self) -> impl Iterator<Item = (&At<Name>, ListenerId)> {
        self.list.iter().filter_map(|(name, _)| Some((name, self.id(&name.value.0)?)))
    }

    /// What a listener speaks.
    pub(super) fn protocol(&self, id: ListenerId) -> Protocol {
        self.list.get(id.index()).map_or(Protocol::Http, |(_, document)| document.value.protocol().value)
    }
}

pub(super) fn listeners(listeners: Listeners) -> Vec<Listener> {
    listeners.list.into_iter().filter_map(|(name, document)| listener(&name, &document.value)).collect()
}

fn check_mode(document: &ListenerDoc, findings: &mut Findings) {
    let (Some(address), Some(mode)) = (&document.address, &document.mode) else { return };
    if address.value.file().is_none() {
        let fault = Fault::error(mode.span, "only the file of a Unix socket has a `mode`");
        findings.push(
            fault
                .related(address.span, "this is none")
                .help("leave it out, or listen on `unix:/run/towpath.sock`"),
        );
    }
}

fn check_explain_from(document: &ListenerDoc, findings: &mut Findings) {
    let nets = document.explain_from.iter().flat_map(|written| &written.value.0);
    for everybody in nets.filter(|net| net.value.prefix_len() == 0) {
        let found =
            "every client may ask how its answers come about, with names and addresses of what is inside";
        findings
            .push(Fault::warning(everybody.span, found).help("name the networks of those who run the proxy"));
    }
}

fn check_proxy_protocol(document: &ListenerDoc, findings: &mut Findings) {
    let Some(written) = &document.proxy_protocol else { return };
    let from = written.value.from.iter().flat_map(|from| &from.value.0);
    for sender in from {
        match (sender.value, &document.address) {
            (Sender::Net(net), _) if net.prefix_len() == 0 => {
                let found = "everybody may say to be anybody, and nobody may come without saying so";
                let fault = Fault::warning(sender.span, found);
                findings.push(fault.help("name the networks of the proxies in front of this one"));
            }
            (Sender::Net(_), Some(address)) if address.value.port().is_none() => {
                let fault = Fault::error(sender.span, "who comes by a Unix socket comes from no network");
                findings.push(fault.related(address.span, "the socket").help("write `from: unix`"));
            }
            (Sender::Unix, Some(address)) if address.value.port().is_some() => {
                let fault = Fault::error(sender.span, "nobody comes here by a Unix socket");
                findings.push(
                    fault.related(address.span, "the address").help("name the networks of those proxies"),
                );
            }
            _ => {}
        }
    }
}

fn proxy_protocol(written: &At<ProxyProtocolDoc>) -> Option<ProxyProtocol> {
    let from = written.value.from.as_ref()?;
    let mut senders: Vec<_> = from.value.0.iter().map(|sender| sender.value).collect();
    senders.sort();
    senders.dedup();
    Some(ProxyProtocol {
        from: Placed { value: senders, place: from.span.place() },
        timeout: written.value.timeout(),
        header_bytes: written.value.header_bytes().map(|size| size.0 as u32),
    })
}

fn listener(name: &At<Name>, document: &ListenerDoc) -> Option<Listener> {
    let limits = document.limits.as_ref().map_or_else(Fields::nothing, |limits| limits.value.clone());
    let headers = document.forward_headers().value.into_option();
    let headers: BTreeSet<_> = headers.into_iter().flat_map(|headers| headers.into_values()).collect();
    Some(Listener {
        name: name.value.0.clone(),
        place: name.span.place(),
        address: document.address.as_ref()?.value.clone(),
        mode: document.mode().value.0,
        protocol: document.protocol().value,
        proxies: labels(document.proxies.as_ref()),
        proxy_protocol: document.proxy_protocol.as_ref().and_then(proxy_protocol),
        http: HttpRules {
            trusted_hops: u8::try_from(document.trusted_hops().value.0).unwrap_or(u8::MAX),
            normalize_path: document.normalize_path().value,
            forward_headers: headers.into_iter().collect(),
            reason_header: document.reason_header().value.0,
            grpc_web: document.grpc_web().map(|flag| flag.0),
            explain_from: Placed {
                value: nets(document.explain_from.as_ref()),
                place: document.explain_from.as_ref().map_or(Place::BuiltIn, |written| written.span.place()),
            },
        },
        limits: limits_of(&limits),
        timeouts: ListenerTimeouts {
            header: document.header_timeout().map(OrNone::into_option),
            body: document.body_timeout().map(OrNone::into_option),
            idle: document.idle_timeout().map(OrNone::into_option),
            linger: document.linger_timeout(),
        },
    })
}

fn limits_of(limits: &ListenerLimitsDoc) -> ListenerLimits {
    ListenerLimits {
        connections: limits.connections().map(|count| count.0),
        requests_per_connection: limits
            .requests_per_connection()
            .map(|count| count.into_option().map(|count| count.0)),
        header_bytes: limits.header_bytes().map(|size| size.0 as u32),
        header_count: limits.header_count().map(|count| count.0),
        uri_bytes: limits.uri_bytes().map(|size| size.0 as u32),
        body_bytes: limits.body_bytes().map(|size| size.into_option().map(|size| size.0)),
        streams: limits.streams().map(|count| count.0),
        stream_window: limits.stream_window().map(|size| size.0 as u32),
        connection_window: limits.connection_window().map(|size| size.0 as u32),
        control_frames: limits.control_frames().map(|count| count.0),
        resets: limits.resets().map(|count| count.0),
        linger_bytes: limits.linger_bytes().map(|size| size.0),
    }
}
