//! Fields that end at this hop (RFC 9110 §7.6.1).

use crate::codec::body::Framing;
use crate::codec::fields::{Fields, Known, KnownSet};
use crate::codec::message::{ConnectionOptions, RequestHead, ResponseHead};
use crate::codec::outgoing::Outgoing;

/// Drops from a request what is meant for this hop only.
pub fn request(head: &RequestHead, out: &mut Outgoing) {
    drop_hop_by_hop(&head.fields, head.connection, out);
}

/// Drops from an answer what is meant for this hop only, and a length where there can be none (RFC 9110 §8.6).
pub fn response(head: &ResponseHead, out: &mut Outgoing) {
    drop_hop_by_hop(&head.fields, head.connection, out);
    if matches!(head.status, 100..200 | 204) || head.framing == Framing::UntilClose {
        out.remove_known(&head.fields, Known::ContentLength);
    }
}

fn drop_hop_by_hop(fields: &Fields, connection: ConnectionOptions, out: &mut Outgoing) {
    if !connection.nominates && !fields.has_any(KnownSet::HOP_BY_HOP) {
        return;
    }
    for (position, field) in fields.iter().enumerate() {
        if KnownSet::HOP_BY_HOP.has(field.known) || (connection.nominates && is_nominated(fields, field.name))
        {
            out.drop_at(position);
        }
    }
}

fn is_nominated(fields: &Fields, name: &[u8]) -> bool {
    let mut values = fields.of(Known::Connection).map(|field| field.value);
    values.any(|value| {
        value.split(|byte| *byte == b',').any(|option| option.trim_ascii().eq_ignore_ascii_case(name))
    })
}
