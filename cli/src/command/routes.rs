//! `towpath routes`

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;
use towpath_config::model::{Candidate, Config, Route};

use crate::{document, output, table};

/// Which table.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The route table (`-` for stdin)
    file: PathBuf,
}

const HEADING: [&str; 6] = ["#", "host", "path", "and", "route", "does"];

/// Prints the routes in the order in which they are tried: of those that fit a request, the first one takes it.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = document::load(&arguments.file)?;
    let long = towpath_config::long(&config);
    let rows: Vec<_> =
        config.order().iter().enumerate().filter_map(|row| cells(&config, &long, row)).collect();
    output::answer(&table::aligned(HEADING, &rows))?;
    Ok(ExitCode::SUCCESS)
}

fn cells(config: &Config, long: &Value, (position, candidate): (usize, &Candidate)) -> Option<[String; 6]> {
    let route = config.route(candidate.route())?;
    // the long form has every pattern in the words of the language
    let written = long.get("routes")?.get(route.name())?;
    let condition = written.get("match")?.get(candidate.condition())?;
    Some([
        (position + 1).to_string(),
        shown(written.get("hosts")?.get(candidate.host())?),
        condition.get("path").map_or_else(|| "/*".to_owned(), shown),
        predicates(route, written, condition),
        route.name().clone(),
        action(written),
    ])
}

/// What must hold besides host and path.
fn predicates(route: &Route, written: &Value, condition: &Value) -> String {
    let listeners = written.get("listeners").map(|names| format!("listeners {}", shown(names)));
    let fields = condition.as_object().into_iter().flatten().filter(|(key, _)| *key != "path");
    let fields = fields.map(|(key, value)| format!("{key} {}", shown(value)));
    let rank = (*route.rank() != 0).then(|| format!("rank {}", route.rank()));
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

/// A value in flow style.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
