//! TCP listeners: what speaks of requests has no meaning there.

use crate::document::{ListenerDoc, ListenerLimitsDoc};
use crate::fault::{Fault, Findings};
use crate::model::Protocol;
use crate::source::{At, Span};

const HELP: &str = "a TCP listener has `address`, `mode`, `proxies`, `proxy_protocol` and `limits.connections`; time limits stand in routes";

/// A key and where it is written, if it is.
type Written = (&'static str, Option<Span>);

fn span<T>(written: Option<&At<T>>) -> Option<Span> {
    written.map(|written| written.span)
}

/// Notes what has no meaning for a listener that speaks TCP.
pub(super) fn check(listener: &ListenerDoc, findings: &mut Findings) {
    let Some(protocol) = listener.protocol.as_ref().filter(|protocol| protocol.value == Protocol::Tcp) else {
        return;
    };
    let keys = [
        ("trusted_hops", span(listener.trusted_hops.as_ref())),
        ("normalize_path", span(listener.normalize_path.as_ref())),
        ("forward_headers", span(listener.forward_headers.as_ref())),
        ("reason_header", span(listener.reason_header.as_ref())),
        ("grpc_web", span(listener.grpc_web.as_ref())),
        ("explain_from", span(listener.explain_from.as_ref())),
        ("header_timeout", span(listener.header_timeout.as_ref())),
        ("body_timeout", span(listener.body_timeout.as_ref())),
        ("idle_timeout", span(listener.idle_timeout.as_ref())),
        ("linger_timeout", span(listener.linger_timeout.as_ref())),
    ];
    let limits = listener.limits.iter().flat_map(|limits| of_limits(&limits.value));
    for (key, span) in keys.into_iter().chain(limits).filter_map(|(key, span)| Some((key, span?))) {
        let fault = Fault::error(span, format!("`{key}` has no meaning for connections"));
        findings.push(fault.related(protocol.span, "this listener speaks TCP").help(HELP));
    }
}

fn of_limits(limits: &ListenerLimitsDoc) -> Vec<Written> {
    vec![
        ("requests_per_connection", span(limits.requests_per_connection.as_ref())),
        ("header_bytes", span(limits.header_bytes.as_ref())),
        ("header_count", span(limits.header_count.as_ref())),
        ("uri_bytes", span(limits.uri_bytes.as_ref())),
        ("body_bytes", span(limits.body_bytes.as_ref())),
        ("streams", span(limits.streams.as_ref())),
        ("stream_window", span(limits.stream_window.as_ref())),
        ("connection_window", span(limits.connection_window.as_ref())),
        ("control_frames", span(limits.control_frames.as_ref())),
        ("resets", span(limits.resets.as_ref())),
        ("linger_bytes", span(limits.linger_bytes.as_ref())),
    ]
}
