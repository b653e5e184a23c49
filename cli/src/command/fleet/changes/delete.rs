//! `towpath delete`

use std::process::ExitCode;

use super::change::Change;
use crate::client::server::{Ask, Server, segment};

/// What is removed.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// listener, route, cluster, settings, grant, scope or quotas
    kind: String,
    /// Its name
    name: String,
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    server: Server,
}

/// Removes what stands under one name.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { kind, name, change, server } = arguments;
    let steps = [server.one_namespace(), kind, name].map(segment).join("/");
    change.make(server, Ask::new(server, "DELETE", format!("/api/v1/resources/{steps}")))
}
