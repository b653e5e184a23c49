//! `towpath demo`

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::demo;

/// What the demo is asked for.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// End by itself after this long, and exit with 1 when the split does not fit the weights
    #[arg(long = "for", value_name = "DURATION", value_parser = humantime::parse_duration)]
    duration: Option<Duration>,
    /// Write the route table to this file, and leave it there
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
}

/// Runs the demo.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    demo::run(&demo::Options { duration: arguments.duration, keep: arguments.keep })
}
