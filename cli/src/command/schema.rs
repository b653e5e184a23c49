//! `towpath schema`

use std::process::ExitCode;

use crate::output;

/// Prints the schema.
pub fn run() -> anyhow::Result<ExitCode> {
    output::answer(&format_args!("{:#}", towpath_config::schema()))?;
    Ok(ExitCode::SUCCESS)
}
