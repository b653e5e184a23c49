//! What clusters say of HTTP/2: it has no meaning where the endpoints speak HTTP/1.1, and some of it belongs together.

use crate::document::{ClusterDoc, ClusterLimitsDoc, ClusterSettingsDoc};
use crate::fault::{Fault, Findings};
use crate::model::{Cluster, ClusterProtocol};
use crate::source::{At, Span};

/// A key and where it is written, if it is.
type Written = (&'static str, Option<Span>);

fn span<T>(written: Option<&At<T>>) -> Option<Span> {
    written.map(|written| written.span)
}

/// Notes what is written for HTTP/2 in a cluster that does not speak it.
pub(super) fn check(document: &ClusterDoc, name: Span, findings: &mut Findings) {
    if document.protocol().value == ClusterProtocol::Http2 {
        return;
    }
    let settings = &document.settings;
    let keys = [
        ("ping_interval", span(settings.ping_interval.as_ref())),
        ("ping_timeout", span(settings.ping_timeout.as_ref())),
    ];
    let limits = settings.limits.iter().flat_map(|limits| of_limits(&limits.value));
    for (key, span) in keys.into_iter().chain(limits).filter_map(|(key, span)| Some((key, span?))) {
        let fault = Fault::error(span, format!("`{key}` has no meaning for HTTP/1.1"));
        let spoken = document.protocol.as_ref().map_or(name, |protocol| protocol.span);
        findings.push(
            fault
                .related(spoken, "this cluster speaks it")
                .help("write `protocol: h2` if its endpoints speak HTTP/2, or leave the key out"),
        );
    }
}

fn of_limits(limits: &ClusterLimitsDoc) -> [Written; 3] {
    [
        ("streams", span(limits.streams.as_ref())),
        ("stream_window", span(limits.stream_window.as_ref())),
        ("connection_window", span(limits.connection_window.as_ref())),
    ]
}

/// Warns of windows by which clients that stand still could stop the answers to others.
pub(super) fn warn(cluster: &Cluster, settings: &ClusterSettingsDoc, name: Span, findings: &mut Findings) {
    let limits = &cluster.limits;
    let needed = u64::from(*limits.streams) * u64::from(*limits.stream_window);
    if *cluster.protocol != ClusterProtocol::Http2 || u64::from(*limits.connection_window) >= needed {
        return;
    }
    let written = settings.limits.iter().flat_map(|limits| of_limits(&limits.value));
    let at = written.filter_map(|(_, span)| span).next_back().unwrap_or(name);
    let found = "`connection_window` is less than `stream_window` for each of `streams`: clients that stand still can \
                 stop the answers to others";
    findings.push(Fault::warning(at, found).help(format!("{needed} octets are enough for all of them")));
}
