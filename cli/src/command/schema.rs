//! `towpath schema`

use std::process::ExitCode;

use crate::output;

/// Of what.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Of a document of a fleet, as the control server reads it
    #[arg(long)]
    fleet: bool,
}

/// Prints the schema.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let schema = if arguments.fleet { towpath_config::fleet_schema() } else { towpath_config::schema() };
    output::answer(&format_args!("{schema:#}"))?;
    Ok(ExitCode::SUCCESS)
}
