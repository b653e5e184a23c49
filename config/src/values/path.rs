//! Paths.

use serde_json::{Value, json};

use super::RegexDoc;
use crate::language::{Definitions, Language, Reader, Word, Write, Wrong};
use crate::model::{PathPattern, Segment};
use crate::source::{Kind, Tree};

/// A path that is sent: it begins with `/`; no query, no fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlainPath(pub(crate) String);

impl Word for PlainPath {
    const WANTED: &'static str = "a path such as `/shop`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        begins_with_slash(text)?;
        let legal = |octet: u8| octet.is_ascii_graphic() && !b"\"<>\\^`{|}?#".contains(&octet);
        match text.bytes().all(legal) && percent_encoded(text) {
            true => Ok(Self(text.to_owned())),
            false => Err(Wrong::not(
                text,
                "a path that can be sent",
                "percent-encode what is not plain (`%20`), and leave query and fragment out",
            )),
        }
    }

    fn word_schema() -> Value {
        json!({"type": "string", "pattern": "^/"})
    }
}

impl Write for PlainPath {
    fn write(&self) -> Value {
        json!(self.0)
    }
}

/// What an endpoint is asked to see whether it is well: a path, or `tcp` for nothing but a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    Path(String),
    Tcp,
}

impl Word for Asked {
    const WANTED: &'static str = "`none`, a path such as `/healthz`, `tcp`, or a map";

    fn parse(text: &str) -> Result<Self, Wrong> {
        match text {
            "tcp" => Ok(Self::Tcp),
            _ if text.starts_with('/') => PlainPath::parse(text).map(|path| Self::Path(path.0)),
            _ => Err(Wrong::not(
                text,
                "a check",
                "write a path such as `/healthz`, `tcp`, or `{grpc: shop.v1.Orders}`",
            )),
        }
    }

    fn word_schema() -> Value {
        json!({"anyOf": [{"const": "tcp"}, PlainPath::word_schema()]})
    }
}

impl Write for Asked {
    fn write(&self) -> Value {
        match self {
            Self::Path(path) => json!(path),
            Self::Tcp => json!("tcp"),
        }
    }
}

fn begins_with_slash(text: &str) -> Result<(), Wrong> {
    match text.starts_with('/') {
        true => Ok(()),
        false => Err(Wrong::not(text, "a path", format!("a path begins with `/`: `/{text}`"))),
    }
}

fn percent_encoded(text: &str) -> bool {
    text.split('%')
        .skip(1)
        .all(|tail| tail.as_bytes().get(..2).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)))
}

/// What a short form means: exact, prefix or template.
fn short(text: &str) -> Result<PathPattern, Wrong> {
    begins_with_slash(text)?;
    let (path, rest) = match text.strip_suffix("/*") {
        Some(path) => (path, true),
        None => (text, false),
    };
    if let Some((before, _)) = path.split_once('*') {
        let help = match before.ends_with('/') {
            true => "`*` stands at the end only; one segment in between is `/:name/`".to_owned(),
            false => format!("did you mean `{before}/*`? prefixes go by segment"),
        };
        return Err(Wrong::not(text, "a path", help));
    }
    if text.contains(['?', '#']) {
        return Err(Wrong::not(text, "a path", "a path has no query and no fragment; see `query`"));
    }
    can_match(text, path)?;
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    if segments.iter().any(|segment| segment.starts_with(':')) {
        return template(text, &segments, rest);
    }
    Ok(if rest { PathPattern::Prefix(path.to_owned()) } else { PathPattern::Exact(path.to_owned()) })
}

/// Requests are compared after their paths were normalised, so some patterns never match.
fn can_match(text: &str, path: &str) -> Result<(), Wrong> {
    let dots = |segment: &str| matches!(segment.replace("%2e", ".").replace("%2E", ".").as_str(), "." | "..");
    if path.split('/').any(dots) {
        return Err(Wrong::not(
            text,
            "a path that could match",
            "`.` and `..` are resolved before paths are compared",
        ));
    }
    if text.contains("//") {
        return Err(Wrong::not(
            text,
            "a path",
            "write one slash; `normalize_path: merge-slashes` makes one of many",
        ));
    }
    if !percent_encoded(text) {
        return Err(Wrong::not(text, "a path", "`%` begins an octet in hexadecimal, such as `%20`"));
    }
    match text.chars().find(|c| c.is_control() || *c == ' ' || *c == '\\' || !c.is_ascii()) {
        None => Ok(()),
        Some(_) => Err(Wrong::not(
            text,
            "a path that could match",
            "percent-encode it as clients do: a space is `%20`",
        )),
    }
}

fn template(text: &str, segments: &[&str], rest: bool) -> Result<PathPattern, Wrong> {
    let mut names = Vec::new();
    let mut read = Vec::with_capacity(segments.len());
    for segment in segments {
        let Some(name) = segment.strip_prefix(':') else {
            read.push(Segment::Literal((*segment).to_owned()));
            continue;
        };
        let named = !name.is_empty()
            && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'));
        if !named {
            let help = "a parameter is a whole segment: `/users/:id/orders`";
            return Err(Wrong::not(text, "a path template", help));
        }
        if names.contains(&name) {
            return Err(Wrong::not(
                text,
                "a path template",
                format!("`:{name}` is there twice; give each its own name"),
            ));
        }
        names.push(name);
        read.push(Segment::Parameter(name.to_owned()));
    }
    Ok(PathPattern::Template { segments: read, rest })
}

impl Language for PathPattern {
    fn read(tree: &Tree<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        if let Kind::Map(_) = tree.kind {
            return RegexDoc::read(tree, reader)?.regex.map(|regex| Self::Regex(regex.value));
        }
        let text = reader.text(tree, "a path such as `/api/*`")?;
        short(&text).map_or_else(|wrong| reader.wrong(tree.span, wrong), Some)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.refer("Path", |definitions| {
            json!({
                "description": "`/exact`, `/prefix/*`, `/users/:id/orders`, `{regex: …}`",
                "anyOf": [{"type": "string", "pattern": "^/"}, RegexDoc::schema(definitions)],
            })
        })
    }
}

impl Write for PathPattern {
    fn write(&self) -> Value {
        match self {
            Self::Exact(path) => json!(path),
            Self::Prefix(path) => json!(format!("{path}/*")),
            Self::Template { segments, rest } => {
                let mut out = String::new();
                for segment in segments {
                    match segment {
                        Segment::Literal(text) => out.extend(["/", text]),
                        Segment::Parameter(name) => out.extend(["/:", name]),
                    }
                }
                json!(out + if *rest { "/*" } else { "" })
            }
            Self::Regex(pattern) => json!({"regex": pattern.write()}),
        }
    }
}
