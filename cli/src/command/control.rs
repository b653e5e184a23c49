//! `towpath control`

mod token;

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use towpath_config::{Source, server};
use tracing_subscriber::filter::LevelFilter;

use crate::failure::BadInput;
use crate::text::scalar;
use crate::{document, environment, log, output};

/// What to run by, and how to log.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(group(clap::ArgGroup::new("by").args(["config", "source", "store"]).required(true)))]
pub struct Arguments {
    #[command(subcommand)]
    other: Option<Other>,
    /// The settings of the server
    #[arg(short, long, value_name = "FILE", env = "TOWPATH_CONTROL_CONFIG")]
    config: Option<PathBuf>,
    /// Without a file: the directory of YAML files that says what the mesh is
    #[arg(long, value_name = "DIR")]
    source: Option<String>,
    /// Without a file: the server's own store says what the mesh is, and the API is the only writer
    #[arg(long)]
    store: bool,
    /// Where revisions and the audit log are kept [default: towpath-state]
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    state: Option<String>,
    /// Where the API listens [default: 127.0.0.1:15010]
    #[arg(long, value_name = "ADDRESS", conflicts_with = "config")]
    api: Option<String>,
    /// Where proxies connect to [default: 127.0.0.1:15011]
    #[arg(long, value_name = "ADDRESS", conflicts_with = "config")]
    push: Option<String>,
    /// Print the settings that the flags amount to, and end
    #[arg(long, conflicts_with = "config")]
    print: bool,
    /// How a line of the log is written
    #[arg(long, value_enum, default_value = "text", env = "TOWPATH_LOG")]
    log: log::Format,
    /// The least important lines that are written: error, warn, info, debug, trace or off
    #[arg(long, default_value = "info", value_name = "LEVEL", env = "TOWPATH_LOG_LEVEL")]
    log_level: LevelFilter,
}

/// What else there is to do for a server.
#[derive(Debug, clap::Subcommand)]
enum Other {
    /// Make a token for the API; it is shown once, with the line that the settings want
    Token(token::Arguments),
}

/// Runs until a signal.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if let Some(Other::Token(wanted)) = &arguments.other {
        return token::run(wanted);
    }
    let source = match &arguments.config {
        Some(path) => document::read(path)?,
        None => Source::new("flags", settings(arguments)),
    };
    let settings = server::settings(&source, &environment::variable)
        .map_err(|faults| BadInput(document::told(&faults)))?;
    if arguments.print {
        output::answer(&source.text().trim_end())?;
        return Ok(ExitCode::SUCCESS);
    }
    let (flushed, log) = log::start(arguments.log, arguments.log_level);
    let ended = towpath_control::boot::run(&settings);
    drop(flushed);
    drop(log);
    ended?;
    Ok(ExitCode::SUCCESS)
}

/// The settings that the flags amount to; a fault in them shows the flag.
fn settings(arguments: &Arguments) -> String {
    let mut text = match &arguments.source {
        Some(directory) => format!("source: {{directory: {}}}  # --source\n", scalar(directory)),
        None => "source: store  # --store\n".to_owned(),
    };
    let Arguments { state, api, push, .. } = arguments;
    for (key, flag) in [("state", state), ("api", api), ("push", push)] {
        if let Some(written) = flag {
            // writing to a string cannot fail
            let _ = writeln!(text, "{key}: {}  # --{key}", scalar(written));
        }
    }
    text
}
