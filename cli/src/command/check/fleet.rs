//! `towpath check --fleet`: documents, as the control server judges them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};
use towpath_config::Faults;
use towpath_config::parts::{Outcome, Section};
use towpath_control::documents::{DocumentName, Documents};
use towpath_control::mesh::{State, Verdict};

use crate::command::arguments::Format;
use crate::failure::{BAD_INPUT, BadInput};
use crate::text::counted;
use crate::{document, output};

/// So deep may directories stand in each other.
const DEPTH_MAX: usize = 32;

/// Checks all documents together: several may be of one namespace, and name what stands in others.
pub fn run(paths: &[PathBuf], format: Format) -> anyhow::Result<ExitCode> {
    let mut files = BTreeMap::new();
    for path in paths {
        gather(path, path.is_dir().then_some(path), 0, &mut files)?;
    }
    let mut documents = Documents::default();
    for (name, path) in &files {
        let source = document::read(path)?;
        documents.insert(name.clone(), Arc::from(source.text()));
    }
    let state = State::default().next(&documents);
    let verdicts = state.verdicts();
    match format {
        Format::Json => {
            let list: Vec<Value> = verdicts.iter().map(|(name, verdict)| to_json(name, verdict)).collect();
            output::answer(&format_args!("{:#}", Value::from(list)))?;
        }
        Format::Text => show(&state, &verdicts)?,
    }
    let good = !verdicts.is_empty() && verdicts.values().all(Verdict::is_clean);
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(BAD_INPUT) })
}

/// Finds the documents below a directory (files in `.yaml` or `.yml`, hidden ones left out), or takes a file as it is.
fn gather(
    path: &Path,
    root: Option<&PathBuf>,
    depth: usize,
    files: &mut BTreeMap<DocumentName, PathBuf>,
) -> Result<(), BadInput> {
    let unreadable =
        |error: &dyn std::fmt::Display| BadInput(format!("error: cannot read {}: {error}", path.display()));
    if root.is_some() && path.is_dir() {
        if depth > DEPTH_MAX {
            return Err(unreadable(&"directories stand in each other too deeply"));
        }
        for entry in std::fs::read_dir(path).map_err(|error| unreadable(&error))? {
            let entry = entry.map_err(|error| unreadable(&error))?.path();
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let wanted = entry.is_dir() || name.ends_with(".yaml") || name.ends_with(".yml");
            if wanted && !name.starts_with('.') {
                gather(&entry, root, depth + 1, files)?;
            }
        }
        return Ok(());
    }
    let below = root.and_then(|root| path.strip_prefix(root).ok()).unwrap_or(path);
    // as the control server would call it: no step of it leads upwards
    let steps = below.components().filter_map(|step| match step {
        std::path::Component::Normal(step) => Some(step.to_string_lossy().into_owned()),
        _ => None,
    });
    let name = steps.collect::<Vec<_>>().join("/");
    let name = DocumentName::parse(&name).map_err(|fault| BadInput(format!("error: {fault}")))?;
    match files.insert(name.clone(), path.to_owned()) {
        Some(first) if first != path => Err(BadInput(format!(
            "error: {} and {} are both the document {name}",
            first.display(),
            path.display()
        ))),
        _ => Ok(()),
    }
}

fn show(state: &State, verdicts: &BTreeMap<&DocumentName, Verdict>) -> anyhow::Result<()> {
    if verdicts.is_empty() {
        output::complain(&"error: there are no documents: files that end in `.yaml` or `.yml`");
    }
    for (name, verdict) in verdicts {
        for faults in verdict.faults() {
            output::complain(&document::told(faults));
        }
        output::answer(&format_args!("{name}: {}", word(verdict)))?;
    }
    for (name, namespace) in state.namespaces() {
        let count = |section| namespace.parts().filter(|part| part.name().section() == section).count();
        output::answer(&format_args!(
            "namespace {name}: {}, {}, {}",
            counted(count(Section::Route), "route"),
            counted(count(Section::Cluster), "cluster"),
            counted(count(Section::Listener), "listener"),
        ))?;
    }
    Ok(())
}

fn word(verdict: &Verdict) -> &'static str {
    match &verdict.outcome {
        Outcome::Live => "ok",
        Outcome::Rejected(_) => "rejected",
        Outcome::Waiting(_) => "waits for what is not there",
        Outcome::Held(_) => "held",
    }
}

fn to_json(name: &DocumentName, verdict: &Verdict) -> Value {
    json!({
        "file": name.as_str(),
        "ok": verdict.is_clean(),
        "faults": verdict.faults().flat_map(Faults::iter).map(towpath_config::Fault::to_json).collect::<Vec<_>>(),
    })
}
