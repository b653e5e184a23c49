//! The parts of a template, and the values of a request that every template can name.

use crate::fault::nearest;
use crate::language::{Word, Wrong};
use crate::model::TemplatePart;
use crate::values::HeaderName;

/// The names, and what each stands for.
const NAMES: [(&str, TemplatePart); 11] = [
    ("cluster", TemplatePart::Cluster),
    ("subset", TemplatePart::Subset),
    ("route", TemplatePart::Route),
    ("variant", TemplatePart::Variant),
    ("listener", TemplatePart::Listener),
    ("endpoint", TemplatePart::Endpoint),
    ("request-id", TemplatePart::RequestId),
    ("client", TemplatePart::Client),
    ("method", TemplatePart::Method),
    ("host", TemplatePart::Host),
    ("path", TemplatePart::Path),
];

/// The names without those of headers.
pub(super) fn names() -> impl Iterator<Item = &'static str> + Clone {
    NAMES.iter().map(|(name, _)| *name)
}

/// The value of a request with this name; `None` when there is none.
pub(super) fn request_value(name: &str) -> Option<Result<TemplatePart, Wrong>> {
    if let Some(header) = name.strip_prefix("header.") {
        return Some(HeaderName::parse(header).map(|HeaderName(lower)| TemplatePart::Header(lower)));
    }
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, part)| Ok(part.clone()))
}

/// How the name of a value is written: what stands around it, and what more there is to say.
pub(super) struct Spelling {
    open: &'static str,
    close: &'static str,
    more: &'static str,
}

/// In a template.
pub(super) const IN_TEMPLATE: Spelling =
    Spelling { open: "%{", close: "}", more: "; `%%{` stands for a plain `%{`" };

/// Alone.
pub(super) const ALONE: Spelling = Spelling { open: "", close: "", more: "" };

/// Why there is no value of this name: `headers` is how those of headers are told.
pub(super) fn unknown(
    name: &str,
    names: impl Iterator<Item = &'static str> + Clone,
    headers: &str,
    Spelling { open, close, more }: &Spelling,
) -> Wrong {
    let help = match nearest(name, names.clone()) {
        Some(known) => format!("did you mean `{open}{known}{close}`?"),
        None => {
            let listed = names.map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
            format!("the values of a request are {listed} and {headers}{more}")
        }
    };
    Wrong::new(format!("`{open}{name}{close}` is no value of a request"), help)
}

/// Takes a template apart: what stands between values, and the values.
pub(super) fn parts<P>(
    text: &str,
    literal: impl Fn(String) -> P,
    value: impl Fn(&str) -> Result<P, Wrong>,
) -> Result<Vec<P>, Wrong> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(position) = rest.find('%') {
        let (before, tail) = rest.split_at(position);
        plain.push_str(before);
        if let Some(after) = tail.strip_prefix("%%{") {
            plain.push_str("%{");
            rest = after;
        } else if let Some(after) = tail.strip_prefix("%{") {
            let Some((name, after)) = after.split_once('}') else {
                let help = "write `%{cluster}`, or `%%{` for the plain characters";
                return Err(Wrong::new("`%{` is never closed", help));
            };
            parts.extend((!plain.is_empty()).then(|| literal(std::mem::take(&mut plain))));
            parts.push(value(name)?);
            rest = after;
        } else {
            plain.push('%');
            rest = tail.get(1..).unwrap_or_default();
        }
    }
    plain.push_str(rest);
    parts.extend((!plain.is_empty()).then(|| literal(plain)));
    Ok(parts)
}
