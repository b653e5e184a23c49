//! `towpath switch`

use std::process::ExitCode;

use serde_json::json;

use super::change::Change;
use super::route;
use crate::client::server::Server;

/// Where everything goes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The route
    route: String,
    /// The destination that gets everything, whole or by its subset. The others stay in the route with weight 0: known,
    /// and ready for the way back, until somebody takes them out
    #[arg(required_unless_present = "back")]
    destination: Option<String>,
    /// Give the route the weights that it had before they were changed last
    #[arg(long, conflicts_with = "destination")]
    back: bool,
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    server: Server,
}

/// Flips a route from one destination to another, or back.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { route, destination, change, server, back: _ } = arguments;
    let body = destination.as_ref().map_or(json!({"back": true}), |to| json!({"to": to}));
    route::change(server, change, route, "switch", &body)
}
