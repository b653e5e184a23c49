//! Documents as they come in.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use towpath_config::model::Place;
use towpath_config::{Fault, Severity, Source, parts};

use crate::api::page::change::Sent;
use crate::api::seam::{Finding, Standing};
use crate::api::shape::Problem;
use crate::documents::{self, DocumentName};

/// So many documents may come in at once.
const DOCUMENTS_MAX: usize = 1000;

/// A document that came in, right in itself.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) name: DocumentName,
    /// What faults call it.
    called: String,
    pub(super) namespace: String,
    /// Whether the text says the namespace, or it is the default.
    pub(super) says_namespace: bool,
    pub(super) text: String,
    pub(super) sections: Map<String, Value>,
}

impl Incoming {
    /// As it is known to whoever sent it.
    pub(super) fn sent(&self) -> Sent {
        Sent::new(&self.called, &self.namespace, &self.text)
    }
}

/// Reads a body: a document as YAML or JSON, or `{"documents": [{"name": …, "text": …}]}`. `namespace` is whose those are
/// that do not say so.
///
/// # Errors
/// 415 for other media, 400 for what is no such body, 422 with everything that is wrong with the documents.
pub(super) fn read(
    media: Option<&str>,
    body: &[u8],
    namespace: Option<&str>,
) -> Result<Vec<Incoming>, Problem> {
    let texts = texts(media, body)?;
    let mut findings = Vec::new();
    let documents: Vec<_> =
        texts.into_iter().filter_map(|(name, text)| one(name, text, namespace, &mut findings)).collect();
    let mut names = BTreeSet::new();
    if let Some(twice) = documents.iter().find(|document| !names.insert(document.name.clone())) {
        return Err(Problem::bad(format!("the document {} is there twice", twice.name)));
    }
    if findings.is_empty() { Ok(documents) } else { Err(Problem::invalid(&findings)) }
}

type Named = (Option<DocumentName>, String);

fn texts(media: Option<&str>, body: &[u8]) -> Result<Vec<Named>, Problem> {
    let text = std::str::from_utf8(body).map_err(|_| Problem::bad("the body is no UTF-8"))?;
    let is_json = match media.unwrap_or_default() {
        "application/json" => true,
        "application/yaml" | "application/x-yaml" | "text/yaml" => false,
        _ => return Err(Problem::media("send `Content-Type: application/yaml` or `application/json`")),
    };
    if is_json {
        let value = serde_json::from_str::<Value>(text);
        let value = value.map_err(|fault| Problem::bad(format!("the body is no JSON: {fault}")))?;
        if let Some(list) = value.get("documents") {
            return list_of(list).ok_or_else(|| {
                Problem::bad("`documents` is a list of 1 to 1000 `{\"name\": \"a.yaml\", \"text\": \"…\"}`")
            })?;
        }
    }
    Ok(vec![(None, text.to_owned())])
}

fn list_of(list: &Value) -> Option<Result<Vec<Named>, Problem>> {
    let list = list.as_array().filter(|list| (1..=DOCUMENTS_MAX).contains(&list.len()))?;
    let pair =
        |one: &Value| Some((one.get("name")?.as_str()?.to_owned(), one.get("text")?.as_str()?.to_owned()));
    let pairs = list.iter().map(pair).collect::<Option<Vec<_>>>()?;
    let named = |(name, text): (String, String)| match DocumentName::parse(&name) {
        Ok(name) => Ok((Some(name), text)),
        Err(fault) => Err(Problem::bad(fault.to_string())),
    };
    Some(pairs.into_iter().map(named).collect())
}

fn one(
    name: Option<DocumentName>,
    text: String,
    wanted: Option<&str>,
    findings: &mut Vec<Finding>,
) -> Option<Incoming> {
    let called = name.as_ref().map_or("the body", DocumentName::as_str).to_owned();
    let source = Source::new(called.as_str(), text.as_str());
    if let Err(faults) = parts::cut(&source) {
        findings.extend(faults.iter().map(|fault| found(&called, fault)));
        return None;
    }
    let Some(Value::Object(sections)) = parts::plain(&source) else { return None };
    let says_namespace = sections.contains_key("namespace");
    let said = documents::namespace(&sections);
    let namespace = match wanted {
        Some(wanted) if says_namespace && wanted != said => {
            findings.push(another(&called, wanted, &said));
            return None;
        }
        Some(wanted) => wanted.to_owned(),
        None => said.into_owned(),
    };
    let name = name.or_else(|| DocumentName::parse(&format!("{namespace}.yaml")).ok())?;
    Some(Incoming { name, called, namespace, says_namespace, text, sections })
}

fn found(file: &str, fault: &Fault) -> Finding {
    let (line, column) = match fault.place() {
        Place::At { line, column } => (line, column),
        Place::BuiltIn => (0, 0),
    };
    Finding {
        file: file.to_owned(),
        line,
        column,
        standing: match fault.severity() {
            Severity::Error => Standing::Rejected,
            Severity::Warning => Standing::Accepted,
        },
        message: fault.message().to_owned(),
        help: fault.suggestion().map(str::to_owned),
    }
}

fn another(file: &str, wanted: &str, said: &str) -> Finding {
    Finding {
        file: file.to_owned(),
        line: 0,
        column: 0,
        standing: Standing::Rejected,
        message: format!("this is a document of namespace `{said}`, and namespace `{wanted}` was asked for"),
        help: Some("leave out one of the two".to_owned()),
    }
}
