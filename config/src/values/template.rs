//! `%{…}`.

use serde_json::{Value, json};

use crate::language::{Word, Write, Wrong};
use crate::model::{Template, TemplatePart};

mod log;
mod parts;

pub(crate) use log::{LogStyle, default_log_fields};

impl Word for Template {
    const WANTED: &'static str = "the value of a header";

    fn parse(text: &str) -> Result<Self, Wrong> {
        if text.chars().any(|c| c.is_control() && c != '\t') {
            return Err(Wrong::new(
                "the value of a header cannot hold a line break or a control character",
                "write it on one line",
            ));
        }
        let value = |name: &str| {
            let known = parts::request_value(name);
            known.unwrap_or_else(|| {
                Err(parts::unknown(name, parts::names(), "`header.NAME`", &parts::IN_TEMPLATE))
            })
        };
        Ok(Self { text: text.to_owned(), parts: parts::parts(text, TemplatePart::Literal, value)? })
    }

    fn word_schema() -> Value {
        json!({"type": ["string", "number", "boolean"], "examples": ["eu", "%{cluster}/%{subset}"]})
    }
}

impl Write for Template {
    fn write(&self) -> Value {
        json!(self.text)
    }
}

#[cfg(test)]
mod tests;
