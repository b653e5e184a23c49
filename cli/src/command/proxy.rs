//! `towpath proxy`

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use towpath_config::Source;
use towpath_proxy::boot;
use towpath_proxy::observe::process_log::ProcessLog;
use tracing_subscriber::filter::LevelFilter;

use crate::failure::BadInput;
use crate::laptop::{self, Flags};
use crate::{document, environment, log, output};

/// What to run by, and how to log.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("by").args(["config", "to", "control"]).required(true).multiple(true)))]
pub struct Arguments {
    /// The route table; it is read again whenever it changes
    #[arg(short, long, value_name = "FILE", env = "TOWPATH_CONFIG")]
    config: Option<PathBuf>,
    /// How a line of the log is written
    #[arg(long, value_enum, default_value = "text", env = "TOWPATH_LOG")]
    log: log::Format,
    /// The least important lines that are written: error, warn, info, debug, trace or off
    #[arg(long, default_value = "info", value_name = "LEVEL", env = "TOWPATH_LOG_LEVEL")]
    log_level: LevelFilter,
    #[command(flatten)]
    flags: Flags,
}

/// Runs until a signal, and until all that was under way is done.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { config: path, log: format, log_level: level, flags } = arguments;
    // first of all: what came with the process is told apart from what it opens
    let inherited = boot::Inherited::find(&environment::variable).map_err(BadInput)?;
    let source = source(path.as_ref(), &flags)?;
    let config = document::understand(&source)?;
    if flags.are_given() {
        output::answer(&source.text().trim_end())?;
    }
    if flags.print {
        return Ok(ExitCode::SUCCESS);
    }
    let (flushed, log) = log::start(format, level);
    let log = Arc::new(log);
    let environment = Arc::new(environment::variable);
    let command = std::env::args_os().collect();
    let ended = boot::run(boot::Options {
        path,
        source,
        config,
        environment,
        inherited,
        command,
        log: Some(Arc::<log::Log>::clone(&log)),
        colours: output::wants_colours(),
    });
    drop(flushed);
    if log.dropped() > 0 {
        output::complain(&format_args!("{} lines of the log were dropped", log.dropped()));
    }
    ended?;
    Ok(ExitCode::SUCCESS)
}

/// What to run by.
fn source(path: Option<&PathBuf>, flags: &Flags) -> Result<Source, BadInput> {
    match path {
        Some(_) if flags.are_given() => Err(BadInput(
            "error: --config (or TOWPATH_CONFIG) and --to or --control both say what to run by: leave one of them out"
                .into(),
        )),
        Some(path) => document::read(path),
        None => Ok(Source::new("flags", laptop::table(flags)?)),
    }
}
