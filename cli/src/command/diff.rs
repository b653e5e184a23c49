//! `towpath diff`. Exit codes as those of `diff`: 0 the same, 1 different, 2 a document cannot be used.

use std::path::PathBuf;
use std::process::ExitCode;

use super::arguments::Format;
use crate::{document, output};

/// Two tables.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 the same meaning, 1 another meaning, 2 a document cannot be used.")]
pub struct Arguments {
    /// The route table before (`-` for stdin)
    old: PathBuf,
    /// The route table after (`-` for stdin)
    new: PathBuf,
    /// How the changes are written
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Prints the changes.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let changes = towpath_config::diff(&document::load(&arguments.old)?, &document::load(&arguments.new)?);
    match arguments.format {
        Format::Json => {
            let list: Vec<_> = changes.iter().map(towpath_config::Change::to_json).collect();
            output::answer(&format_args!("{:#}", serde_json::Value::from(list)))?;
        }
        Format::Text => changes.iter().try_for_each(|change| output::answer(change))?,
    }
    Ok(ExitCode::from(u8::from(!changes.is_empty())))
}
