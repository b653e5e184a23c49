//! `towpath demo`

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::demo;

/// What the demo is asked for.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// End by itself after this long, and exit with 1 when the split does not fit the weights
    #[arg(long = "for", value_name = "DURATION", value_parser = some_while)]
    duration: Option<Duration>,
    /// Show what the proxy speaks instead: HTTP/1.1, HTTP/2, WebSocket, gRPC and TCP, each combination asked for once a
    /// second; with --for, exit with 1 when one did not work
    #[arg(long)]
    protocols: bool,
    /// Write the mesh to this directory, and leave it there; with --protocols, the route table to this file
    #[arg(long, value_name = "PATH")]
    keep: Option<PathBuf>,
}

/// A time in which something can happen.
fn some_while(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|fault| fault.to_string())?;
    if duration.is_zero() {
        Err("a demo that ends at once shows nothing: write 10s".into())
    } else {
        Ok(duration)
    }
}

/// Runs the demo.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let options = demo::Options { duration: arguments.duration, keep: arguments.keep };
    if arguments.protocols { demo::protocols::run(&options) } else { demo::run(&options) }
}
