//! `towpath maintenance`

use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::json;

use super::change::Change;
use super::route;
use crate::client::server::Server;

/// Which route.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The route
    route: String,
    /// Whether its requests are answered 503
    state: State,
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum State {
    On,
    Off,
}

/// Turns the maintenance of a route on or off.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { route, state, change, server } = arguments;
    route::change(server, change, route, "maintenance", &json!({"active": *state == State::On}))
}
