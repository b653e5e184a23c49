//! Every value that shapes what becomes of a request, with the line that says so.

use std::fmt::Display;
use std::time::Duration;

use ipnet::IpNet;
use towpath_config::model::{
    Balance, Cluster, ClusterProtocol, Forward, GrpcTimeout, HeaderEdits, Importance, Listener, Maintenance,
    Place, Placed, Policy, Process, ProxyVersion, Rewrite, RewritePath, Route, Sender,
};

use super::explanation::Setting;
use super::resilience::of_resilience;
use super::retries;
use crate::admin::words;
use crate::codec::fields::Fields;
use crate::filter::transform::preferred;

pub(super) fn setting(name: impl Into<String>, value: impl Display, place: Place) -> Setting {
    Setting { name: name.into(), value: format!("{value}"), place: place.to_string() }
}

fn time(name: &str, limit: &Placed<Option<Duration>>) -> Setting {
    setting(name, words::limit(**limit), limit.place())
}

pub(super) fn count(name: &str, limit: &Placed<impl Copy + Display>) -> Setting {
    setting(name, **limit, limit.place())
}

/// What a listener grants its clients.
pub(super) fn of_listener(listener: &Listener) -> Vec<Setting> {
    let (times, limits) = (listener.timeouts(), listener.limits());
    let body = limits.body_bytes();
    let requests = limits.requests_per_connection();
    let or_none = |limit: Option<String>| limit.unwrap_or_else(|| "none".to_owned());
    let mut settings = vec![
        time("header_timeout", times.header()),
        time("body_timeout", times.body()),
        time("idle_timeout", times.idle()),
        setting("linger_timeout", words::duration(**times.linger()), times.linger().place()),
        count("limits.header_bytes", limits.header_bytes()),
        count("limits.header_count", limits.header_count()),
        count("limits.uri_bytes", limits.uri_bytes()),
        setting("limits.body_bytes", or_none(body.map(|bytes| bytes.to_string())), body.place()),
        setting(
            "limits.requests_per_connection",
            or_none(requests.map(|requests| requests.to_string())),
            requests.place(),
        ),
        count("limits.linger_bytes", limits.linger_bytes()),
        count("limits.streams", limits.streams()),
        count("limits.stream_window", limits.stream_window()),
        count("limits.connection_window", limits.connection_window()),
        count("limits.control_frames", limits.control_frames()),
        count("limits.resets", limits.resets()),
        setting("grpc_web", **listener.http().grpc_web(), listener.http().grpc_web().place()),
        setting("explain_from", nets(listener.http().explain_from()), listener.http().explain_from().place()),
    ];
    settings.extend(of_proxy_protocol(listener));
    settings
}

/// What a TCP listener grants its clients.
pub(super) fn of_tcp_listener(listener: &Listener) -> Vec<Setting> {
    let mut settings = vec![count("limits.connections", listener.limits().connections())];
    settings.extend(of_proxy_protocol(listener));
    settings
}

/// Who is told of it when it has ended.
pub(super) fn of_access_logs(process: &Process) -> impl Iterator<Item = Setting> {
    process.access_logs().iter().map(|log| {
        let condition = if log.when().is_empty() { "" } else { ", where its `when` holds" };
        setting("access_log", format!("{}{condition}", **log.to()), log.to().place())
    })
}

/// Of whom a listener wants to hear whose connections they are.
fn of_proxy_protocol(listener: &Listener) -> Vec<Setting> {
    let Some(rules) = listener.proxy_protocol() else { return Vec::new() };
    let from = rules.from().iter().map(|sender| match sender {
        Sender::Unix => "unix".to_owned(),
        Sender::Net(net) => net.to_string(),
    });
    let (timeout, bytes) = (rules.timeout(), rules.header_bytes());
    vec![
        setting("proxy_protocol.from", from.collect::<Vec<_>>().join(", "), rules.from().place()),
        setting("proxy_protocol.timeout", words::duration(**timeout), timeout.place()),
        setting("proxy_protocol.header_bytes", **bytes, bytes.place()),
    ]
}

/// What holds for the connections of a TCP listener to one destination.
pub(super) fn of_tcp_destination(policy: &Policy, cluster: &Cluster) -> Vec<Setting> {
    let limits = cluster.limits();
    let mut settings = vec![
        time("connect_timeout", policy.connect_timeout()),
        time("pending_timeout", policy.pending_timeout()),
        time("tunnel_idle_timeout", policy.tunnel_idle_timeout()),
        time("tunnel_half_closed_timeout", policy.tunnel_half_closed_timeout()),
        setting("balance", balance(cluster), cluster.balance().place()),
        count("limits.connections", limits.connections()),
        count("limits.pending", limits.pending()),
        count("limits.connect_attempts", limits.connect_attempts()),
    ];
    settings.extend(of_resilience(cluster.resilience()));
    settings.extend(announced(cluster));
    settings
}

/// What the endpoints speak, and what holds for that only.
fn spoken(cluster: &Cluster) -> Vec<Setting> {
    let (limits, pings, protocol) = (cluster.limits(), cluster.pings(), cluster.protocol());
    match **protocol {
        ClusterProtocol::Http1 => vec![setting("protocol", "h1", protocol.place())],
        ClusterProtocol::Http2 => vec![
            setting("protocol", "h2", protocol.place()),
            count("limits.streams", limits.streams()),
            count("limits.stream_window", limits.stream_window()),
            count("limits.connection_window", limits.connection_window()),
            time("ping_interval", pings.interval()),
            setting("ping_timeout", words::duration(**pings.timeout()), pings.timeout().place()),
        ],
    }
}

/// How the endpoints are told of the client.
fn announced(cluster: &Cluster) -> Option<Setting> {
    let version = cluster.proxy_protocol().as_ref()?;
    let word = match **version {
        ProxyVersion::V1 => "v1",
        ProxyVersion::V2 => "v2",
    };
    Some(setting("proxy_protocol", word, version.place()))
}

fn balance(cluster: &Cluster) -> &'static str {
    match **cluster.balance() {
        Balance::RoundRobin => "round-robin",
        Balance::LeastRequest => "least-request",
        Balance::Random => "random",
    }
}

fn grpc_timeout(policy: &Policy) -> &'static str {
    match **policy.grpc_timeout() {
        GrpcTimeout::Cap => "cap",
        GrpcTimeout::Ignore => "ignore",
    }
}

fn nets(list: &[IpNet]) -> String {
    match list {
        [] => "none".to_owned(),
        _ => list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// Who is turned away first.
pub(super) fn of_importance(route: &Route) -> Setting {
    setting("importance", route.importance().word(), route.importance().place())
}

/// How many requests may be under way, of which part those of less importance have.
fn requests(cluster: &Cluster) -> Setting {
    let limits = cluster.limits().requests();
    let said = match (limits.of(Importance::Low), limits.of(Importance::Normal), **limits.all()) {
        (Some(low), Some(normal), Some(all)) => {
            format!("{all}; {normal} of normal importance and {low} of low, all others included")
        }
        _ => "none".to_owned(),
    };
    setting("limits.requests", said, limits.all().place())
}

/// What holds for one destination.
pub(super) fn of_destination(
    forward: &Forward,
    policy: &Policy,
    cluster: &Cluster,
    request: &Fields,
) -> Vec<Setting> {
    let limits = cluster.limits();
    let mut settings = vec![
        time("timeout", policy.timeout()),
        setting("grpc_timeout", grpc_timeout(policy), policy.grpc_timeout().place()),
        time("connect_timeout", policy.connect_timeout()),
        time("response_idle_timeout", policy.response_idle_timeout()),
        time("pending_timeout", policy.pending_timeout()),
        time("tunnel_idle_timeout", policy.tunnel_idle_timeout()),
        time("tunnel_half_closed_timeout", policy.tunnel_half_closed_timeout()),
        setting("balance", balance(cluster), cluster.balance().place()),
        count("limits.connections", limits.connections()),
        count("limits.pending", limits.pending()),
        requests(cluster),
        count("limits.header_bytes", limits.header_bytes()),
        count("limits.header_count", limits.header_count()),
        count("limits.interim_responses", limits.interim_responses()),
        count("limits.replay_bytes", limits.replay_bytes()),
        count("limits.retries", limits.retries()),
        time("idle_timeout", cluster.idle_timeout()),
    ];
    settings.extend(spoken(cluster));
    settings.extend(of_resilience(cluster.resilience()));
    settings.extend(announced(cluster));
    settings.extend(of_rewrite(forward.rewrite()));
    settings.extend(of_edits("request", policy.request_headers()));
    settings.extend(of_edits("response", policy.response_headers()));
    settings.extend(of_compression(policy, request));
    settings.extend(retries::of_retry(policy));
    settings.extend(retries::of_budget(cluster));
    settings
}

/// Whether this client's answers are compressed, and which.
fn of_compression(policy: &Policy, request: &Fields) -> Vec<Setting> {
    let Some(rules) = &**policy.compression() else {
        return vec![setting("compression", "none", policy.compression().place())];
    };
    let (algorithms, levels) = (rules.algorithms(), rules.levels());
    let said = match preferred(request, algorithms) {
        Some(algorithm) => format!("{}, which this client likes best", algorithm.token()),
        None => "none, since this client accepts none of the algorithms".to_owned(),
    };
    let tokens: Vec<_> =
        algorithms.iter().map(|one| format!("{} (level {})", one.token(), levels.of(*one))).collect();
    let types: Vec<_> = rules.types().iter().map(ToString::to_string).collect();
    vec![
        setting("compression", said, policy.compression().place()),
        setting("compression.algorithms", tokens.join(", "), algorithms.place()),
        setting("compression.types", types.join(", "), rules.types().place()),
        count("compression.min_bytes", rules.min_bytes()),
    ]
}

fn of_rewrite(rewrite: &Rewrite) -> impl Iterator<Item = Setting> {
    let path = rewrite.path().as_ref().map(|path| {
        let (name, value) = match &**path {
            RewritePath::Prefix(prefix) => ("rewrite.prefix", prefix.clone()),
            RewritePath::Full(full) => ("rewrite.path", full.clone()),
            RewritePath::Regex { pattern, with } => {
                ("rewrite.regex", format!("{} → {with}", pattern.source()))
            }
        };
        setting(name, value, path.place())
    });
    let host = rewrite.host().as_ref().map(|host| setting("rewrite.host", host.as_str(), host.place()));
    path.into_iter().chain(host)
}

/// The edits of one head.
pub(super) fn of_edits(side: &str, edits: &HeaderEdits) -> Vec<Setting> {
    let written = [("set", edits.set()), ("add", edits.add())].into_iter().flat_map(|(verb, list)| {
        list.iter().map(move |edit| {
            let value = edit.value();
            setting(format!("headers.{side}.{verb}.{}", edit.name()), value.text(), value.place())
        })
    });
    let removed =
        edits.remove().iter().map(|name| setting(format!("headers.{side}.remove"), &**name, name.place()));
    written.chain(removed).collect()
}

/// How the maintenance of a route stands.
pub(super) fn of_maintenance(maintenance: &Maintenance, in_force: bool, exempt: bool) -> Setting {
    let value = match (in_force, exempt) {
        (false, _) => "not in force",
        (true, false) => "in force",
        (true, true) => "in force, but this request gets through: a health path or a bypass",
    };
    setting("maintenance", value, *maintenance.place())
}
