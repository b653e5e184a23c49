//! `towpath split`

use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::change::Change;
use super::route;
use crate::client::server::Server;

/// Which weights.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The route
    route: String,
    /// Destinations and their weights: stable=80 canary=20. A destination is named whole, or by its subset; others keep
    /// their weights
    #[arg(required = true, value_name = "DESTINATION=WEIGHT", value_parser = pair)]
    weights: Vec<(String, u32)>,
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    server: Server,
}

fn pair(text: &str) -> Result<(String, u32), String> {
    let (name, weight) = text.rsplit_once('=').ok_or("the weight is missing: stable=80")?;
    let weight = weight.trim_end_matches('%').parse().ok().filter(|weight| *weight <= 1_000_000);
    Ok((name.to_owned(), weight.ok_or("a weight is a whole number up to 1000000: stable=80")?))
}

/// Gives destinations of a route other weights, in the document that says them.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { route, weights, change, server } = arguments;
    let weights: Map<String, Value> =
        weights.iter().map(|(name, weight)| (name.clone(), json!(weight))).collect();
    route::change(server, change, route, "split", &json!({"weights": weights}))
}
