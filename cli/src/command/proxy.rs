//! `towpath proxy`

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use towpath_proxy::boot;
use tracing_subscriber::filter::LevelFilter;

use crate::{document, environment, log, output};

/// What to run by, and how to log.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The route table; it is read again whenever it changes
    #[arg(short, long, value_name = "FILE", env = "TOWPATH_CONFIG")]
    config: PathBuf,
    /// How a line of the log is written
    #[arg(long, value_enum, default_value = "text", env = "TOWPATH_LOG")]
    log: log::Format,
    /// The least important lines that are written: error, warn, info, debug, trace or off
    #[arg(long, default_value = "info", value_name = "LEVEL", env = "TOWPATH_LOG_LEVEL")]
    log_level: LevelFilter,
}

/// Runs until a signal, and until all that was under way is done.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { config: path, log: format, log_level: level } = arguments;
    let source = document::read(&path)?;
    let config = document::understand(&source)?;
    let (flushed, dropped) = log::start(format, level);
    let ended =
        boot::run(boot::Options { path, source, config, environment: Arc::new(environment::variable) });
    drop(flushed);
    if dropped.dropped_lines() > 0 {
        output::complain(&format_args!("{} lines of the log were dropped", dropped.dropped_lines()));
    }
    ended?;
    Ok(ExitCode::SUCCESS)
}
