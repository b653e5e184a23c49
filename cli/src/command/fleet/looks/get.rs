//! `towpath get`

use std::process::ExitCode;

use crate::client::server::{Ask, Server};
use crate::failure::BadInput;
use crate::output;

/// What is wanted.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Of this kind only: listener, route, cluster, settings, grant, scope or quotas
    kind: Option<String>,
    /// Of this name only
    name: Option<String>,
    #[command(flatten)]
    server: Server,
}

/// Prints what the mesh should be, as documents that could be applied.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { kind, name, server } = arguments;
    let media = if server.json { "application/json" } else { "application/yaml" };
    let ask = Ask::new(server, "GET", "/api/v1/resources").in_namespace().accept(media);
    let text = ask.with_any("kind", kind.clone()).with_any("name", name.clone()).text()?;
    if let (Some(kind), Some(name), true) = (kind, name, text.trim().is_empty()) {
        return Err(
            BadInput(format!("error: there is no {kind} `{name}`; `towpath get {kind}` lists them")).into()
        );
    }
    output::answer(&text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}
