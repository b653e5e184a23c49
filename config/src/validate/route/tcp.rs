//! The routes to which TCP listeners lead. Of a connection nothing is known but where it comes from: what speaks
//! of requests is a fault.

use crate::document::{ConditionDoc, MaintenanceDoc, PolicyDoc, RouteDoc, StickyDoc, To};
use crate::fault::{Fault, Findings};
use crate::language::ShortOr;
use crate::model::{ListenerId, Protocol, Route};
use crate::source::{At, Span};
use crate::validate::listener::Listeners;
use crate::values::Name;

const HELP: &str = "a route of TCP listeners has `to`, `match` by `source`, `rank`, `class`, `sticky` by \
    `{source: ip}`, `maintenance`, `connect_timeout`, `pending_timeout`, `tunnel_idle_timeout` and \
    `tunnel_half_closed_timeout`";

/// A key and where it is written, if it is.
type Written = (&'static str, Option<Span>);

fn span<T>(written: Option<&At<T>>) -> Option<Span> {
    written.map(|written| written.span)
}

/// What a route takes, by the listeners that it names. Notes what has no meaning there.
pub(super) fn protocol(
    name: &At<Name>,
    document: &RouteDoc,
    listeners: &Listeners,
    findings: &mut Findings,
) -> Protocol {
    let named = document.listeners.iter().flat_map(|names| &names.value.0);
    let named: Vec<_> =
        named.filter_map(|one| Some((one.span, listeners.protocol(listeners.id(&one.value.0)?)))).collect();
    let of = |wanted| named.iter().find(|(_, protocol)| *protocol == wanted).map(|(span, _)| *span);
    let Some(tcp) = of(Protocol::Tcp) else { return Protocol::Http };
    if let Some(http) = of(Protocol::Http) {
        let found = format!("the route `{}` takes requests here and connections there", name.value.0);
        let fault = Fault::error(tcp, found).related(http, "this listener speaks HTTP");
        findings.push(fault.help("make it two routes"));
        return Protocol::Http;
    }
    let conditions = document.r#match.iter().flat_map(|conditions| &conditions.value.0);
    let keys = of_route(document)
        .into_iter()
        .chain(conditions.flat_map(|condition| of_condition(&condition.value)))
        .chain(document.sticky.iter().flat_map(|sticky| of_sticky(&sticky.value)))
        .chain(document.maintenance.iter().flat_map(|written| match &written.value {
            ShortOr::Short(_) => Vec::new(),
            ShortOr::Long(maintenance) => of_maintenance(maintenance),
        }))
        .chain(of_policy(&document.policy))
        .chain(document.to.iter().flat_map(|to| of_destinations(&to.value)));
    for (key, span) in written(keys) {
        let fault = Fault::error(span, format!("`{key}` has no meaning for connections"));
        findings.push(fault.related(tcp, "this listener speaks TCP").help(HELP));
    }
    Protocol::Tcp
}

fn written(keys: impl IntoIterator<Item = Written>) -> impl Iterator<Item = (&'static str, Span)> {
    keys.into_iter().filter_map(|(key, span)| Some((key, span?)))
}

fn of_route(route: &RouteDoc) -> Vec<Written> {
    vec![
        ("hosts", span(route.hosts.as_ref())),
        ("redirect", span(route.redirect.as_ref())),
        ("direct_response", span(route.direct_response.as_ref())),
        ("rewrite", span(route.rewrite.as_ref())),
        ("importance", span(route.importance.as_ref())),
    ]
}

fn of_condition(condition: &ConditionDoc) -> Vec<Written> {
    vec![
        ("path", span(condition.path.as_ref())),
        ("methods", span(condition.methods.as_ref())),
        ("headers", span(condition.headers.as_ref())),
        ("query", span(condition.query.as_ref())),
        ("cookies", span(condition.cookies.as_ref())),
        ("grpc", span(condition.grpc.as_ref())),
    ]
}

fn of_sticky(sticky: &StickyDoc) -> Vec<Written> {
    let keys = sticky.by.iter().flat_map(|by| &by.value.0).flat_map(|key| {
        let key = &key.value;
        [
            ("header", span(key.header.as_ref())),
            ("cookie", span(key.cookie.as_ref())),
            ("query", span(key.query.as_ref())),
        ]
    });
    keys.chain([("send", span(sticky.send.as_ref())), ("trust", span(sticky.trust.as_ref()))]).collect()
}

fn of_maintenance(maintenance: &MaintenanceDoc) -> Vec<Written> {
    let bypass = maintenance.bypass.iter().flat_map(|bypass| &bypass.value.0);
    let keys = [
        ("retry_after", span(maintenance.retry_after.as_ref())),
        ("body", span(maintenance.body.as_ref())),
        ("content_type", span(maintenance.content_type.as_ref())),
        ("health_paths", span(maintenance.health_paths.as_ref())),
    ];
    keys.into_iter().chain(bypass.flat_map(|condition| of_condition(&condition.value))).collect()
}

fn of_policy(policy: &PolicyDoc) -> Vec<Written> {
    vec![
        ("timeout", span(policy.timeout.as_ref())),
        ("grpc_timeout", span(policy.grpc_timeout.as_ref())),
        ("response_idle_timeout", span(policy.response_idle_timeout.as_ref())),
        ("headers", span(policy.headers.as_ref())),
        ("compression", span(policy.compression.as_ref())),
        ("retry", span(policy.retry.as_ref())),
    ]
}

fn of_destinations(to: &To) -> Vec<Written> {
    let ShortOr::Long(pairs) = to else { return Vec::new() };
    let long = pairs.list.iter().filter_map(|(_, destination)| match &destination.value {
        ShortOr::Short(_) => None,
        ShortOr::Long(destination) => Some(&destination.policy),
    });
    long.flat_map(of_policy).collect()
}

/// Notes TCP listeners that lead nowhere.
pub(in crate::validate) fn warn_of_dead_ends(
    listeners: &Listeners,
    routes: &[Route],
    findings: &mut Findings,
) {
    let leads = |id: ListenerId| {
        routes.iter().any(|route| route.listeners.as_ref().is_some_and(|listeners| listeners.contains(&id)))
    };
    for (name, id) in listeners.names().filter(|(_, id)| listeners.protocol(*id) == Protocol::Tcp) {
        if !leads(id) {
            let found =
                format!("no route names the TCP listener `{}`: its connections are closed", name.value.0);
            let help = format!(
                "routes of requests do not take them: `{0}: {{listeners: {0}, to: …}}`",
                name.value.0
            );
            findings.push(Fault::warning(name.span, found).help(help));
        }
    }
}
