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
    destination: String,
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    server: Server,
}

/// Flips a route from one destination to another.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { route, destination, change, server } = arguments;
    route::change(server, change, route, "switch", &json!({"to": destination}))
}
