//! The words of `access_log`.

use serde_json::{Value, json};

use super::parts::{self, ALONE, IN_TEMPLATE, Spelling};
use crate::fault::did_you_mean;
use crate::language::{Word, Write, Wrong};
use crate::model::{
    Address, LOG_VALUES, LogField, LogPart, LogPlace, LogReason, LogTemplate, LogValue, REASONS, StatusRange,
    TemplatePart,
};
use crate::values::HeaderName;

#[cfg(test)]
mod tests;

/// What a JSON line holds when nobody says.
const DEFAULT_FIELDS: [&str; 18] = [
    "time",
    "method",
    "host",
    "path",
    "status",
    "grpc-status",
    "reason",
    "duration",
    "first-byte",
    "route",
    "cluster",
    "subset",
    "endpoint",
    "request-bytes",
    "response-bytes",
    "client",
    "request-id",
    "header.user-agent",
];

/// Headers that hold credentials: whoever has the log would have them.
const CREDENTIALS: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "set-cookie"];

/// How a log that has no `template` is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogStyle {
    Json,
    Short,
}

/// The values of a JSON line when nobody says.
pub(crate) fn default_log_fields() -> Vec<LogField> {
    DEFAULT_FIELDS.iter().filter_map(|name| LogField::parse(name).ok()).collect()
}

fn names() -> impl Iterator<Item = &'static str> + Clone {
    LOG_VALUES.iter().map(|(name, _)| *name).chain(parts::names())
}

fn value(name: &str, spelling: &Spelling) -> Result<LogValue, Wrong> {
    if let Some((_, value)) = LOG_VALUES.iter().find(|(known, _)| *known == name) {
        return Ok(value.clone());
    }
    let value = match name.strip_prefix("response-header.") {
        Some(header) => HeaderName::parse(header).map(|HeaderName(lower)| LogValue::ResponseHeader(lower)),
        None => parts::request_value(name)
            .unwrap_or_else(|| {
                Err(parts::unknown(name, names(), "`header.NAME`, `response-header.NAME`", spelling))
            })
            .map(LogValue::Request),
    }?;
    match &value {
        LogValue::Request(TemplatePart::Header(header)) | LogValue::ResponseHeader(header)
            if CREDENTIALS.contains(&header.as_str()) =>
        {
            let help = "it holds what others could sign in with; leave it out";
            Err(Wrong::new(format!("`{name}` is never logged"), help))
        }
        _ => Ok(value),
    }
}

impl Word for LogField {
    const WANTED: &'static str = "a value of a request such as `path` or `header.user-agent`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let bare = text.strip_prefix("%{").and_then(|text| text.strip_suffix('}'));
        if let Some(bare) = bare {
            return Err(Wrong::not(text, "the name of a value", format!("write the name alone: `{bare}`")));
        }
        // only the names of headers may have upper case, which makes no difference there
        value(text, &ALONE).map(|value| Self { name: text.to_ascii_lowercase(), value })
    }

    fn word_schema() -> Value {
        let names: Vec<_> = names().collect();
        json!({"type": "string", "anyOf": [
            {"enum": names},
            {"pattern": "^(response-)?header[.][!#$%&'*+.^_`|~0-9A-Za-z-]+$"},
        ]})
    }
}

impl Write for LogField {
    fn write(&self) -> Value {
        json!(self.name)
    }
}

impl Word for LogTemplate {
    const WANTED: &'static str = "a line such as `%{time} %{method} %{path} %{status}`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        if text.trim().is_empty() {
            return Err(Wrong::new(
                "this line is empty",
                "write what it should hold: `%{time} %{path} %{status}`",
            ));
        }
        if text.chars().any(|letter| letter.is_control() && letter != '\t') {
            let found = "a line of a log holds no line break and no control character";
            return Err(Wrong::new(found, "write it on one line; its end comes by itself"));
        }
        let parts =
            parts::parts(text, LogPart::Literal, |name| value(name, &IN_TEMPLATE).map(LogPart::Value))?;
        Ok(Self { text: text.to_owned(), parts })
    }

    fn word_schema() -> Value {
        json!({"type": "string", "examples": ["%{time} %{client} \"%{method} %{path}\" %{status} %{duration}"]})
    }
}

impl Write for LogTemplate {
    fn write(&self) -> Value {
        json!(self.text)
    }
}

impl Word for LogPlace {
    const WANTED: &'static str =
        "`stdout`, `stderr`, a file such as `/var/log/towpath/access.log`, or `unix:/run/collector.sock`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        match text {
            "stdout" => return Ok(Self::Stdout),
            "stderr" => return Ok(Self::Stderr),
            _ if text.starts_with("unix:") => {
                return Address::parse(text).and_then(|address| match address {
                    Address::Unix(name) => Ok(Self::Socket(name)),
                    Address::Ip(_) => {
                        Err(Wrong::not(text, "a Unix socket", "write `unix:/run/collector.sock`"))
                    }
                });
            }
            _ => {}
        }
        let help = if text.contains(char::is_control) {
            "a path has no control characters".to_owned()
        } else if text.starts_with('/') && !text.ends_with('/') {
            return Ok(Self::File(text.to_owned()));
        } else if text.starts_with('/') {
            format!("this is a directory; name a file in it: `{text}access.log`")
        } else {
            let near = did_you_mean(text, ["stdout", "stderr"]);
            near.unwrap_or_else(|| {
                "write `stdout`, `stderr`, a file with its whole path, or `unix:/run/collector.sock`"
                    .to_owned()
            })
        };
        Err(Wrong::not(text, "a place for a log", help))
    }

    fn word_schema() -> Value {
        json!({"type": "string", "examples": ["stdout", "/var/log/towpath/access.log", "unix:/run/collector.sock"]})
    }
}

impl Write for LogPlace {
    fn write(&self) -> Value {
        json!(self.to_string())
    }
}

impl Word for StatusRange {
    const WANTED: &'static str = "a status such as `404`, or a class such as `5xx`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let class = text.strip_suffix("xx").and_then(|digit| digit.parse::<u16>().ok());
        let range = match class {
            Some(class) => Some((class.saturating_mul(100), class.saturating_mul(100).saturating_add(99))),
            None => text.parse().ok().map(|status: u16| (status, status)),
        };
        match range.filter(|(first, last)| *first >= 100 && *last <= 599) {
            Some((first, last)) => Ok(Self { first, last }),
            None => Err(Wrong::not(text, "a status", "write `404`, or `5xx` for all of a class")),
        }
    }

    fn word_schema() -> Value {
        json!({"type": ["string", "integer"], "examples": [404, "5xx"]})
    }
}

impl Write for StatusRange {
    fn write(&self) -> Value {
        match self.first == self.last {
            true => json!(self.first),
            false => json!(format!("{}xx", self.first / 100)),
        }
    }
}

impl Word for LogReason {
    const WANTED: &'static str = "a reason such as `no-endpoint`, or `present`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        match text {
            "present" => Ok(Self::Present),
            _ if REASONS.contains(&text) => Ok(Self::Code(text.to_owned())),
            _ => {
                let help = did_you_mean(text, REASONS.iter().copied()).unwrap_or_else(|| {
                    "write `present` for any reason, or a code such as `no-endpoint`".to_owned()
                });
                Err(Wrong::not(text, "a reason", help))
            }
        }
    }

    fn word_schema() -> Value {
        let words: Vec<_> = ["present"].into_iter().chain(REASONS.iter().copied()).collect();
        json!({"enum": words})
    }
}

impl Write for LogReason {
    fn write(&self) -> Value {
        match self {
            Self::Present => json!("present"),
            Self::Code(code) => json!(code),
        }
    }
}
