//! Header edits of a route: set, add, remove, in this order, with values of the request put in.

use std::io::Write;
use towpath_config::model::{Address, HeaderEdits, Template, TemplatePart};

use crate::codec::digits;
use crate::codec::fields::Fields;
use crate::codec::outgoing::Outgoing;
use crate::sys::stream::Origin;

/// The values that `%{…}` can name.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// `%{cluster}`.
    pub cluster: &'a str,
    /// `%{subset}`.
    pub subset: &'a str,
    /// `%{route}`.
    pub route: &'a str,
    /// `%{variant}`.
    pub variant: &'a str,
    /// `%{listener}`.
    pub listener: &'a str,
    /// `%{endpoint}`.
    pub endpoint: Option<&'a Address>,
    /// `%{request-id}`.
    pub request_id: &'a [u8],
    /// `%{client}`.
    pub client: Origin,
    /// `%{method}`.
    pub method: &'a str,
    /// `%{host}`.
    pub host: &'a str,
    /// `%{path}`.
    pub path: &'a str,
    /// `%{header.…}`.
    pub request: &'a Fields,
}

/// Applies the edits to a head on its way out.
pub fn apply(edits: &HeaderEdits, values: &Values<'_>, fields: &Fields, out: &mut Outgoing) {
    for edit in edits.set() {
        out.remove(fields, edit.name().as_bytes());
        out.add_with(edit.name().as_bytes(), |text| render(edit.value(), values, text));
    }
    for edit in edits.add() {
        out.add_with(edit.name().as_bytes(), |text| render(edit.value(), values, text));
    }
    for name in edits.remove() {
        out.remove(fields, name.as_bytes());
    }
}

fn render(template: &Template, values: &Values<'_>, text: &mut Vec<u8>) {
    template.parts().iter().for_each(|part| render_part(part, values, text));
}

/// Writes what one part of a template stands for.
pub fn render_part(part: &TemplatePart, values: &Values<'_>, text: &mut Vec<u8>) {
    match part {
        TemplatePart::Literal(literal) => text.extend_from_slice(literal.as_bytes()),
        TemplatePart::Cluster => text.extend_from_slice(values.cluster.as_bytes()),
        TemplatePart::Subset => text.extend_from_slice(values.subset.as_bytes()),
        TemplatePart::Route => text.extend_from_slice(values.route.as_bytes()),
        TemplatePart::Variant => text.extend_from_slice(values.variant.as_bytes()),
        TemplatePart::Listener => text.extend_from_slice(values.listener.as_bytes()),
        TemplatePart::RequestId => text.extend_from_slice(values.request_id),
        TemplatePart::Method => text.extend_from_slice(values.method.as_bytes()),
        TemplatePart::Host => text.extend_from_slice(values.host.as_bytes()),
        TemplatePart::Path => text.extend_from_slice(values.path.as_bytes()),
        TemplatePart::Client => match values.client {
            Origin::Ip(address) => digits::ip(address, text),
            other => push(text, other),
        },
        TemplatePart::Endpoint => match values.endpoint {
            Some(Address::Ip(address)) => digits::socket(*address, text),
            Some(other) => push(text, other),
            None => {}
        },
        TemplatePart::Header(name) => {
            text.extend_from_slice(values.request.values(name).next().unwrap_or_default());
        }
    }
}

fn push(text: &mut Vec<u8>, value: impl std::fmt::Display) {
    // writing to a vector cannot fail
    let _ = write!(text, "{value}");
}
