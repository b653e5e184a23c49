//! `health`: one way to ask, and times that fit into each other.

use crate::document::{HealthDoc, WrittenHealth};
use crate::fault::{Fault, Findings};
use crate::language::{Fields, OneOrMany, OrNone, ShortOr};
use crate::model::{Ask, ClusterProtocol, HealthCheck, Placed, StatusRange};
use crate::source::{At, Span};
use crate::values::{Asked, CheckedService, Flag, PlainPath};

const FORMS: &str = "write one of `{http: /healthz}`, `{grpc: shop.v1.Orders}` and `{tcp: true}`";

/// What is written, over what is inherited, key by key. Another way to ask leaves behind what belongs to the inherited one.
pub(super) fn merged(own: At<WrittenHealth>, inherited: Option<&At<WrittenHealth>>) -> At<WrittenHealth> {
    let (OrNone::Some(written), Some(At { value: OrNone::Some(base), span: above })) =
        (&own.value, inherited)
    else {
        return own;
    };
    let (document, mut base) = (document(written, own.span), document(base, *above));
    if asks(&document) > 0 {
        (base.http, base.grpc, base.tcp) = (None, None, None);
        (base.host, base.statuses, base.at_once) = (None, None, None);
    }
    At { value: OrNone::Some(ShortOr::Long(document.over(&base))), span: own.span }
}

/// The map that a short form is short for.
fn document(written: &ShortOr<Asked, HealthDoc>, span: Span) -> HealthDoc {
    match written {
        ShortOr::Long(document) => document.clone(),
        ShortOr::Short(Asked::Path(path)) => {
            let http = At { value: PlainPath(path.clone()), span };
            HealthDoc { http: Some(http), ..HealthDoc::nothing() }
        }
        ShortOr::Short(Asked::Tcp) => {
            HealthDoc { tcp: Some(At { value: Flag(true), span }), ..HealthDoc::nothing() }
        }
    }
}

/// In how many ways it asks.
fn asks(document: &HealthDoc) -> usize {
    let tcp = document.tcp.as_ref().is_some_and(|tcp| tcp.value.0);
    usize::from(document.http.is_some()) + usize::from(document.grpc.is_some()) + usize::from(tcp)
}

/// What is written of a cluster, or inherited by it.
pub(super) fn check(
    written: Option<&At<WrittenHealth>>,
    protocol: &Placed<ClusterProtocol>,
    name: Span,
    findings: &mut Findings,
) -> Placed<Option<Box<HealthCheck>>> {
    let Some(At { value: OrNone::Some(written), span }) = written else {
        let place = written.map_or_else(Default::default, |written| written.span.place());
        return Placed { value: None, place };
    };
    let document = document(written, *span);
    let value = understood(&document, *span, **protocol, name, findings).map(Box::new);
    Placed { value, place: span.place() }
}

fn understood(
    document: &HealthDoc,
    span: Span,
    protocol: ClusterProtocol,
    name: Span,
    findings: &mut Findings,
) -> Option<HealthCheck> {
    let ask = ask(document, span, findings)?;
    if let (Ask::Grpc(_), ClusterProtocol::Http1, Some(written)) = (&ask, protocol, &document.grpc) {
        let fault = Fault::error(written.span, "gRPC is not spoken over HTTP/1.1");
        findings.push(
            fault
                .related(name, "this cluster speaks it")
                .help("write `protocol: h2` if its endpoints speak gRPC"),
        );
        return None;
    }
    fits(document, &ask, findings)?;
    in_time(document, span, findings)?;
    Some(HealthCheck {
        ask,
        host: document.host.as_ref().map(|host| host.value.0.clone()),
        interval: *document.interval(),
        timeout: *document.timeout(),
        jitter: document.jitter().value.into_option(),
        unhealthy: document.unhealthy().0,
        healthy: document.healthy().0,
        start_up: document.start_up().value.into_option(),
        no_traffic_interval: document.no_traffic_interval().value.into_option(),
    })
}

fn ranges(written: Option<OneOrMany<StatusRange>>) -> Vec<StatusRange> {
    written.into_iter().flat_map(OneOrMany::into_values).collect()
}

/// The one way to ask.
fn ask(document: &HealthDoc, span: Span, findings: &mut Findings) -> Option<Ask> {
    if ["http", "grpc", "tcp"].iter().any(|key| document.wrong().contains(key)) {
        return None;
    }
    match (asks(document), &document.http, &document.grpc) {
        (1, Some(At { value: PlainPath(path), .. }), _) => Some(Ask::Http {
            path: path.clone(),
            statuses: ranges(Some(document.statuses().value)),
            at_once: ranges(document.at_once.clone().map(|written| written.value)),
        }),
        (1, None, Some(At { value: CheckedService(service), .. })) => Some(Ask::Grpc(service.clone())),
        (1, None, None) => Some(Ask::Tcp),
        (0, ..) => {
            findings.push_once(Fault::error(span, "this check does not say what it asks for").help(FORMS));
            None
        }
        _ => {
            findings.push_once(Fault::error(span, "this check asks in more than one way").help(FORMS));
            None
        }
    }
}

/// Keys that have a meaning for other ways to ask only.
fn fits(document: &HealthDoc, ask: &Ask, findings: &mut Findings) -> Option<()> {
    let (http, named) = (matches!(ask, Ask::Http { .. }), *ask != Ask::Tcp);
    let span = |key: &'static str, span: Option<Span>, fits: bool| Some((key, span.filter(|_| !fits)?));
    let wrong = [
        span("statuses", document.statuses.as_ref().map(|key| key.span), http),
        span("at_once", document.at_once.as_ref().map(|key| key.span), http),
        span("host", document.host.as_ref().map(|key| key.span), named),
    ];
    let mut fits = Some(());
    for (key, span) in wrong.into_iter().flatten() {
        let way = if named { "grpc" } else { "tcp" };
        let fault = Fault::error(span, format!("`{key}` has no meaning for `{way}`"));
        findings.push_once(fault.help("leave the key out"));
        fits = None;
    }
    fits
}

fn in_time(document: &HealthDoc, span: Span, findings: &mut Findings) -> Option<()> {
    let (interval, timeout) = (document.interval(), document.timeout());
    if *timeout >= *interval {
        let at =
            document.timeout.as_ref().or(document.interval.as_ref()).map_or(span, |written| written.span);
        let found = format!(
            "`timeout` is {:?}, and the next check comes after `interval`, {:?}",
            *timeout, *interval
        );
        findings.push_once(Fault::error(at, found).help("a check is over before the next one"));
        return None;
    }
    if let Some(At { value: OrNone::Some(idle), span }) = &document.no_traffic_interval
        && *idle < *interval
    {
        let found =
            format!("`no_traffic_interval` is {idle:?}, which is less than `interval`, {:?}", *interval);
        findings
            .push_once(Fault::error(*span, found).help("without traffic it is asked less often, if at all"));
        return None;
    }
    Some(())
}
