//! `towpath apply`

use std::path::PathBuf;
use std::process::ExitCode;

use super::change::Change;
use crate::client::server::{Ask, Server, bundle};

/// What is applied.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A document, a directory of them, or `-` for stdin; may come several times
    #[arg(short, long = "file", value_name = "FILE|DIR", required = true)]
    files: Vec<PathBuf>,
    /// Put each document whole in the place of the one with its name: what it does not say any more is gone
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    server: Server,
}

/// Puts what stands in the documents in the place of what has the same names.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { files, replace, change, server } = arguments;
    let (media, body) = bundle(files)?;
    let ask = Ask::new(server, "POST", "/api/v1/apply").in_namespace().body(media, body);
    change.make(server, ask.with_any("replace", replace.then_some("true")))
}
