//! `towpath routes`

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;
use towpath_config::model::{Candidate, Config, Protocol, Route};

use crate::text::{aligned, scalar};
use crate::{document, output};

/// Which table.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The route table (`-` for stdin)
    file: PathBuf,
}

const HEADING: [&str; 6] = ["#", "host", "path", "and", "route", "does"];

/// Characters of one cell; what is longer is cut.
const CELL_CHARACTERS_MAX: usize = 60;

/// Prints the routes in the order in which they are tried: of those that fit a request, the first one takes it.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = document::load(&arguments.file)?;
    let long = towpath_config::long(&config);
    let orders = [config.order(), config.connection_order()].into_iter();
    let rows: Vec<_> = orders
        .flat_map(|order| order.iter().enumerate())
        .filter_map(|row| cells(&config, &long, row))
        .collect();
    output::answer(&aligned(HEADING, &rows))?;
    Ok(ExitCode::SUCCESS)
}

fn cells(config: &Config, long: &Value, (position, candidate): (usize, &Candidate)) -> Option<[String; 6]> {
    let route = config.route(candidate.route())?;
    // the long form has every pattern in the words of the language
    let written = long.get("routes")?.get(route.name())?;
    let condition = written.get("match")?.get(candidate.condition())?;
    let (host, path) = match route.protocol() {
        Protocol::Http => (
            pattern(written.get("hosts")?.get(candidate.host())?),
            condition.get("path").map_or_else(|| "/*".to_owned(), pattern),
        ),
        // of a connection nobody sees either
        Protocol::Tcp => ("(tcp)".to_owned(), String::new()),
    };
    Some([
        (position + 1).to_string(),
        host,
        path,
        predicates(route, written, condition),
        route.name().clone(),
        action(written),
    ])
    .map(|row| row.map(|cell| bounded(&cell)))
}

/// What must hold besides host and path.
fn predicates(route: &Route, written: &Value, condition: &Value) -> String {
    let listeners = written.get("listeners").map(|names| format!("listeners: {}", shown(names)));
    let fields = condition.as_object().into_iter().flatten().filter(|(key, _)| *key != "path");
    let fields = fields.map(|(key, value)| format!("{key}: {}", shown(value)));
    let rank = (*route.rank() != 0).then(|| format!("rank: {}", route.rank()));
    listeners.into_iter().chain(fields).chain(rank).collect::<Vec<_>>().join(", ")
}

fn action(written: &Value) -> String {
    let Some(destinations) = written.get("to").and_then(Value::as_object) else {
        let actions = ["redirect", "direct_response"].into_iter();
        return actions.filter(|action| written.get(action).is_some()).collect();
    };
    let weight = |destination: &Value| destination.get("weight").map(shown).unwrap_or_default();
    match destinations.len() {
        1 => format!("to {}", destinations.keys().cloned().collect::<String>()),
        _ => {
            let weights =
                destinations.iter().map(|(name, destination)| format!("{name}: {}", weight(destination)));
            format!("to {{{}}}", weights.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A host or a path, which needs no quotes in a column of its own.
fn pattern(value: &Value) -> String {
    value.as_str().map_or_else(|| shown(value), str::to_owned)
}

/// A value as a person would write it: short forms, flow style, quotes only where YAML wants them.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(items) => match items.as_slice() {
            [only] => shown(only),
            _ => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        },
        Value::Object(entries) => match entries.get("exact").and_then(Value::as_str) {
            Some(text) if !matches!(text, "present" | "absent") => scalar(text),
            _ => {
                let entries = entries.iter().map(|(key, value)| format!("{}: {}", scalar(key), shown(value)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
        },
        _ => value.to_string(),
    }
}

/// A cell that leaves room for the others; `towpath check --long` shows all of it.
fn bounded(text: &str) -> String {
    match text.char_indices().nth(CELL_CHARACTERS_MAX - 1) {
        Some((end, _)) if text.chars().count() > CELL_CHARACTERS_MAX => {
            format!("{}…", text.get(..end).unwrap_or_default())
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
