//! `%{…}`.

use serde_json::{Value, json};

use crate::fault::nearest;
use crate::language::{Word, Write, Wrong};
use crate::model::{Template, TemplatePart};

use super::HeaderName;

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

impl Word for Template {
    const WANTED: &'static str = "the value of a header";

    fn parse(text: &str) -> Result<Self, Wrong> {
        if text.chars().any(|c| c.is_control() && c != '\t') {
            return Err(Wrong::new(
                "the value of a header cannot hold a line break or a control character",
                "write it on one line",
            ));
        }
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(position) = rest.find('%') {
            let (plain, tail) = rest.split_at(position);
            literal.push_str(plain);
            if let Some(after) = tail.strip_prefix("%%{") {
                literal.push_str("%{");
                rest = after;
            } else if let Some(after) = tail.strip_prefix("%{") {
                let Some((name, after)) = after.split_once('}') else {
                    let help = "write `%{cluster}`, or `%%{` for the plain characters";
                    return Err(Wrong::new("`%{` is never closed", help));
                };
                push_literal(&mut parts, &mut literal);
                parts.push(part(name)?);
                rest = after;
            } else {
                literal.push('%');
                rest = tail.get(1..).unwrap_or_default();
            }
        }
        literal.push_str(rest);
        push_literal(&mut parts, &mut literal);
        Ok(Self { text: text.to_owned(), parts })
    }

    fn word_schema() -> Value {
        json!({"type": ["string", "number", "boolean"], "examples": ["eu", "%{cluster}/%{subset}"]})
    }
}

fn push_literal(parts: &mut Vec<TemplatePart>, literal: &mut String) {
    if !literal.is_empty() {
        parts.push(TemplatePart::Literal(std::mem::take(literal)));
    }
}

fn part(name: &str) -> Result<TemplatePart, Wrong> {
    if let Some(header) = name.strip_prefix("header.") {
        return HeaderName::parse(header).map(|HeaderName(lower)| TemplatePart::Header(lower));
    }
    if let Some((_, part)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Ok(part.clone());
    }
    let names = NAMES.iter().map(|(known, _)| *known);
    let help = match nearest(name, names.clone()) {
        Some(known) => format!("did you mean `%{{{known}}}`?"),
        None => {
            let listed = names.map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
            format!("the values of a request are {listed} and `header.NAME`; `%%{{` stands for a plain `%{{`")
        }
    };
    Err(Wrong::new(format!("`%{{{name}}}` is no value of a request"), help))
}

impl Write for Template {
    fn write(&self) -> Value {
        json!(self.text)
    }
}

#[cfg(test)]
mod tests;
