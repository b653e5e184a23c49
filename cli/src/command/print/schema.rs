//! `towpath schema`

use std::process::ExitCode;

use crate::output;

/// Of what.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Of a document of a fleet, as the control server reads it
    #[arg(long)]
    fleet: bool,
    /// Of the settings of the control server
    #[arg(long, conflicts_with = "fleet")]
    control: bool,
}

/// Prints the schema.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let schema = match arguments {
        Arguments { control: true, .. } => towpath_config::server::schema(),
        Arguments { fleet: true, .. } => towpath_config::fleet_schema(),
        _ => towpath_config::schema(),
    };
    output::answer(&format_args!("{schema:#}"))?;
    Ok(ExitCode::SUCCESS)
}
