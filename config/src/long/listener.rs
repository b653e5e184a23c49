//! The section `listeners`.

use serde_json::{Value, json};

use super::table::{keep, labels, optional, or_none, size};
use crate::language::Write;
use crate::model::{Listener, ListenerLimits, Protocol, ProxyProtocol};
use crate::values::{SocketMode, Whole};

pub(super) fn listener(listener: &Listener) -> Value {
    let http = &listener.http;
    let headers = match http.forward_headers.is_empty() {
        true => json!("none"),
        false => Value::Array(http.forward_headers.iter().map(Write::write).collect()),
    };
    let mut object = json!({
        "address": listener.address.write(),
        "protocol": listener.protocol.write(),
        "trusted_hops": http.trusted_hops,
        "proxies": labels(&listener.proxies),
        "normalize_path": http.normalize_path.write(),
        "forward_headers": headers,
        "reason_header": http.reason_header,
        "grpc_web": *http.grpc_web,
        "limits": limits(&listener.limits),
        "header_timeout": or_none(listener.timeouts.header.as_ref()),
        "body_timeout": or_none(listener.timeouts.body.as_ref()),
        "idle_timeout": or_none(listener.timeouts.idle.as_ref()),
        "linger_timeout": listener.timeouts.linger.write(),
    });
    let mode = listener.address.file().map(|_| SocketMode(listener.mode).write());
    optional(&mut object, "mode", mode);
    let explain_from: Vec<_> = http.explain_from.iter().map(Write::write).collect();
    optional(&mut object, "explain_from", (!explain_from.is_empty()).then(|| explain_from.into()));
    optional(&mut object, "proxy_protocol", listener.proxy_protocol.as_ref().map(proxy_protocol));
    if listener.protocol == Protocol::Tcp {
        keep(&mut object, &["address", "protocol", "proxies", "mode", "limits", "proxy_protocol"]);
        object.get_mut("limits").into_iter().for_each(|limits| keep(limits, &["connections"]));
    }
    object
}

fn proxy_protocol(rules: &ProxyProtocol) -> Value {
    json!({
        "from": rules.from.iter().map(Write::write).collect::<Vec<_>>(),
        "timeout": rules.timeout.write(),
        "header_bytes": size((*rules.header_bytes).into()).write(),
    })
}

fn limits(limits: &ListenerLimits) -> Value {
    json!({
        "connections": *limits.connections,
        "requests_per_connection": or_none((*limits.requests_per_connection).map(Whole::<1, { u32::MAX }>).as_ref()),
        "header_bytes": size((*limits.header_bytes).into()).write(),
        "header_count": *limits.header_count,
        "uri_bytes": size((*limits.uri_bytes).into()).write(),
        "body_bytes": or_none((*limits.body_bytes).map(size).as_ref()),
        "streams": *limits.streams,
        "stream_window": size((*limits.stream_window).into()).write(),
        "connection_window": size((*limits.connection_window).into()).write(),
        "control_frames": *limits.control_frames,
        "resets": *limits.resets,
        "linger_bytes": size(*limits.linger_bytes).write(),
    })
}
