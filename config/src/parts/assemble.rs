//! Parts → one ordinary document, each part on a line of its own.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::place::{Step, follow, way};
use super::write::json;
use super::{Part, PartName, Section};
use crate::fault::Findings;
use crate::source::{Entry, Kind, Source, Span, escape, parse, substitute};

mod restore;

pub use restore::restore;

/// What of `proxy` is not a part: it goes before what the settings say, key by key.
#[derive(Debug, Clone, Default)]
pub struct Base {
    proxy: Map<String, Value>,
}

impl Base {
    /// The table of a namespace, as no proxy in particular sees it.
    #[must_use]
    pub fn namespace(name: &str) -> Self {
        let proxy = [("namespace".to_owned(), json!(name)), ("admin".to_owned(), json!("none"))];
        Self { proxy: proxy.into_iter().collect() }
    }

    /// What a proxy's own document says, which was compiled before. `environment` gives the values of `${…}`.
    #[must_use]
    pub fn local(source: &Source, environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut findings = Findings::default();
        let Some(tree) = parse(source, &mut findings) else { return Self::default() };
        let Kind::Map(entries) = &tree.kind else { return Self::default() };
        let proxy = entries.iter().find(|entry| entry.key.value == "proxy");
        let mut proxy = proxy.map_or(Value::Null, |Entry { value, .. }| json(value));
        replace(&mut proxy, environment);
        let mut proxy = match proxy {
            Value::Object(proxy) => proxy,
            _ => Map::new(),
        };
        // who says so is not what it says
        proxy.shift_remove("control");
        Self { proxy }
    }
}

fn replace(value: &mut Value, environment: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Ok(replaced) = substitute(text, Some(environment)) {
                *text = escape(&replaced);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, environment)),
        Value::Object(entries) => entries.values_mut().for_each(|value| replace(value, environment)),
        _ => {}
    }
}

/// `own` before `shared`, key by key.
fn merged(shared: Option<&Map<String, Value>>, own: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = shared.cloned().unwrap_or_default();
    for (key, value) in own {
        let value = match (merged.get(key), value) {
            (Some(Value::Object(shared)), Value::Object(own)) => merged_value(shared, own),
            _ => value.clone(),
        };
        merged.insert(key.clone(), value);
    }
    merged
}

fn merged_value(shared: &Map<String, Value>, own: &Map<String, Value>) -> Value {
    Value::Object(merged(Some(shared), own))
}

/// A table that was put together.
#[derive(Debug, Clone)]
pub struct Assembled {
    source: Source,
    lines: Vec<Line>,
}

/// A line that holds a part, or a piece of one.
#[derive(Debug, Clone)]
struct Line {
    number: u32,
    /// Octets before the text of the part.
    prefix: usize,
    part: Option<PartName>,
    /// The way within the part to what stands here.
    within: Vec<Step>,
}

/// Puts parts together, as they are. Endpoints whose cluster is not there are left out. `name` is what the document is
/// called.
#[must_use]
pub fn assemble(name: &str, base: &Base, parts: &[&Part]) -> Assembled {
    Assembled::new(base, &parts.iter().map(|part| (part.name(), *part)).collect(), name)
}

/// A place in a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Spot {
    /// The name, or the whole.
    Name,
    /// What this way leads to.
    Within(Vec<Step>),
}

impl Assembled {
    /// Puts parts together. Endpoints whose cluster is not there are left out.
    pub(super) fn new(base: &Base, parts: &BTreeMap<&PartName, &Part>, name: &str) -> Self {
        let mut page = Page::default();
        page.settings(
            base,
            parts.iter().find(|(name, _)| name.section() == Section::Settings).map(|(_, part)| *part),
        );
        for (section, title) in [(Section::Listener, "listeners:"), (Section::Route, "routes:")] {
            let mut parts = parts.values().filter(|part| part.name().section() == section).peekable();
            if parts.peek().is_some() {
                page.plain(title);
            }
            for part in parts {
                page.part(&format!("  {}: ", part.name().name()), part, "");
            }
        }
        let mut clusters = parts.values().filter(|part| part.name().section() == Section::Cluster).peekable();
        if clusters.peek().is_some() {
            page.plain("clusters:");
        }
        for cluster in clusters {
            let endpoints = PartName::new(Section::Endpoints, cluster.name().name());
            let endpoints = endpoints.and_then(|name| parts.get(&name).copied());
            page.cluster(cluster, endpoints);
        }
        Self { source: Source::new(name, page.text), lines: page.lines }
    }

    /// The document.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The line on which a part stands, from 1.
    #[must_use]
    pub fn line(&self, part: &PartName) -> Option<u32> {
        self.lines.iter().find(|line| line.part.as_ref() == Some(part)).map(|line| line.number)
    }

    /// The part that a piece of the document belongs to, and where in it; `None` where it belongs to none.
    pub(super) fn spot<'a>(
        &self,
        span: Span,
        parts: &BTreeMap<&PartName, &'a Part>,
    ) -> Option<(&'a Part, Spot)> {
        let position = self.lines.binary_search_by_key(&span.line, |line| line.number).ok()?;
        let line = self.lines.get(position)?;
        let part = parts.get(line.part.as_ref()?).copied()?;
        let (before, after) = self.source.text().split_at_checked(span.start as usize)?;
        let begin = before.rfind('\n').map_or(0, |end| end + 1) + line.prefix;
        let Some(octet) = (span.start as usize).checked_sub(begin) else { return Some((part, Spot::Name)) };
        // settings are said anew where they are merged, all other parts stand here as they are
        let end = span.start as usize + after.find('\n').unwrap_or(after.len());
        let text = match line.within.is_empty() {
            true => &**part.text(),
            false => self.source.text().get(begin..end)?,
        };
        let source = Source::new("", text);
        let tree = parse(&source, &mut Findings::default())?;
        let steps = line.within.iter().cloned().chain(way(&tree, octet as u32)).collect();
        Some((part, Spot::Within(steps)))
    }

    /// Whether this place of the settings is said by them, and not by the base.
    pub(super) fn says(part: &Part, spot: &Spot) -> bool {
        let Spot::Within(steps) = spot else { return true };
        let source = Source::new("", &**part.text());
        let tree = parse(&source, &mut Findings::default());
        tree.is_some_and(|tree| follow(&tree, steps).steps == steps.len())
    }
}

/// A document as it grows.
#[derive(Default)]
struct Page {
    text: String,
    lines: Vec<Line>,
    count: u32,
}

impl Page {
    fn plain(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        self.count += 1;
    }

    fn line(&mut self, part: Option<&PartName>, within: Vec<Step>, pieces: [&str; 3]) {
        self.count += 1;
        let [before, value, after] = pieces;
        self.lines.push(Line { number: self.count, prefix: before.len(), part: part.cloned(), within });
        for piece in [before, value, after, "\n"] {
            self.text.push_str(piece);
        }
    }

    fn part(&mut self, before: &str, part: &Part, after: &str) {
        self.line(Some(part.name()), Vec::new(), [before, part.text(), after]);
    }

    fn settings(&mut self, base: &Base, settings: Option<&Part>) {
        let value = settings.and_then(|part| serde_json::from_str::<Value>(part.text()).ok());
        let said = |key: &str| value.as_ref().and_then(|value| value.get(key)).and_then(Value::as_object);
        let name = settings.map(Part::name);
        let proxy = Value::Object(merged(said("proxy"), &base.proxy)).to_string();
        self.line(name, vec![Step::Value("proxy".to_owned())], ["proxy: ", &proxy, ""]);
        if let Some(defaults) = said("defaults") {
            let text = Value::Object(defaults.clone()).to_string();
            self.line(name, vec![Step::Value("defaults".to_owned())], ["defaults: ", &text, ""]);
        }
    }

    fn cluster(&mut self, cluster: &Part, endpoints: Option<&Part>) {
        let before = format!("  {}: ", cluster.name().name());
        let open = cluster.text().trim_end().strip_suffix('}');
        let (Some(open), Some(endpoints)) = (open, endpoints) else {
            return self.part(&before, cluster, "");
        };
        let comma = if open.trim_end().ends_with('{') && open.trim().len() == 1 { "" } else { "," };
        self.line(Some(cluster.name()), Vec::new(), [&before, open, comma]);
        self.part("    \"endpoints\": ", endpoints, "}");
    }
}
