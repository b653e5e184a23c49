//! `towpath rollback`

use std::process::ExitCode;

use super::change::Change;
use crate::client::server::{Ask, Server};

/// To where.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The revision whose documents are wanted again (`towpath history` lists them); with --namespace, those of one
    /// namespace only
    revision: u64,
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    server: Server,
}

/// Makes the documents what they were, as a new revision.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { revision, change, server } = arguments;
    let ask = Ask::new(server, "POST", format!("/api/v1/revisions/{revision}/rollback")).in_namespace();
    change.make(server, ask)
}
