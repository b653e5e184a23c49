//! A document of a fleet → its parts.

use serde_json::{Map, Value};

use super::write::json;
use super::{Content, Part, PartName, Rules, Section};
use crate::document::{ClusterDoc, FleetDoc};
use crate::fault::{Fault, Faults, Findings};
use crate::language::{Fields, Language, Reader};
use crate::source::{At, Kind, Source, Tree, parse};

/// What a document of a fleet says.
#[derive(Debug, Clone)]
pub struct Cut {
    namespace: String,
    content: Content,
    rules: Rules,
}

impl Cut {
    /// Whose document it is. Default `default`.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Its parts, and the text they were cut from.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// What it says beside the table.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }
}

/// Cuts a document of a fleet into its parts. What each part says by itself is right afterwards; whether they fit
/// together, [`settle`](super::settle()) finds out.
///
/// # Errors
/// Everything that is wrong with the document, in the order of its lines.
pub fn cut(source: &Source) -> Result<Cut, Faults> {
    let mut findings = Findings::default();
    let cut = read(source, &mut findings);
    match cut {
        Some(cut) if !findings.fatal() => Ok(cut),
        _ => Err(findings.into_faults(source)),
    }
}

fn read(source: &Source, findings: &mut Findings) -> Option<Cut> {
    let tree = parse(source, findings)?;
    let document = FleetDoc::read(&tree, &mut Reader::new(None, findings))?;
    for (_, cluster) in document.clusters.iter().flat_map(|clusters| &clusters.value.list) {
        check_endpoints(cluster, findings);
    }
    if findings.fatal() {
        return None;
    }
    Some(Cut {
        namespace: document.namespace().value.0,
        content: Content::cut(source, parts(&tree)),
        rules: Rules::of(&document),
    })
}

/// On the way to a proxy endpoints may be late, in a document they are not there.
fn check_endpoints(cluster: &At<ClusterDoc>, findings: &mut Findings) {
    let ClusterDoc { endpoints, dns, .. } = &cluster.value;
    if endpoints.is_none() && dns.is_none() && cluster.value.wrong().is_empty() {
        findings.push(Fault::no_endpoints(cluster.span));
    }
}

fn parts(tree: &Tree<'_>) -> Vec<Part> {
    let mut parts = Vec::new();
    let settings: Map<String, Value> = ["defaults", "proxy"]
        .into_iter()
        .filter_map(|key| Some((key.to_owned(), json(section(tree, key)?))))
        .collect();
    if !settings.is_empty() {
        add(&mut parts, Section::Settings, PartName::SETTINGS, &settings.into());
    }
    for (section_name, kind) in [("listeners", Section::Listener), ("routes", Section::Route)] {
        for (name, value) in named(tree, section_name) {
            add(&mut parts, kind, name, &json(value));
        }
    }
    for (name, value) in named(tree, "clusters") {
        let mut cluster = json(value);
        let endpoints = cluster.as_object_mut().and_then(|cluster| cluster.shift_remove("endpoints"));
        add(&mut parts, Section::Cluster, name, &cluster);
        if let Some(endpoints) = endpoints {
            add(&mut parts, Section::Endpoints, name, &endpoints);
        }
    }
    parts
}

fn add(parts: &mut Vec<Part>, section: Section, name: &str, value: &Value) {
    // the names were read before
    parts.extend(PartName::new(section, name).map(|name| Part::written(name, value)));
}

fn section<'t>(tree: &'t Tree<'t>, key: &str) -> Option<&'t Tree<'t>> {
    let Kind::Map(entries) = &tree.kind else { return None };
    entries.iter().find(|entry| entry.key.value == key).map(|entry| &entry.value)
}

fn named<'t>(tree: &'t Tree<'t>, key: &str) -> impl Iterator<Item = (&'t str, &'t Tree<'t>)> {
    let entries = match section(tree, key).map(|section| &section.kind) {
        Some(Kind::Map(entries)) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().map(|entry| (&*entry.key.value, &entry.value))
}
