//! `towpath manual`

use std::io::{self, Write};
use std::process::ExitCode;

use clap::CommandFactory;

use crate::command::arguments;
use crate::failure::BadInput;

/// Which page.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The command; the page of the whole when left out
    command: Option<String>,
}

/// Prints a manual page, as man(1) reads it.
pub fn run(wanted: &Arguments) -> anyhow::Result<ExitCode> {
    let mut whole = arguments::Arguments::command();
    // gives each command its whole name, and the options that all of them have
    whole.build();
    let command = match &wanted.command {
        None => whole,
        Some(name) => whole
            .find_subcommand(name)
            .ok_or_else(|| {
                BadInput(format!("error: there is no command `{name}`; `towpath help` lists them"))
            })?
            .clone(),
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).source(concat!("towpath ", env!("TOWPATH_VERSION"))).render(&mut page)?;
    io::stdout().lock().write_all(&page)?;
    Ok(ExitCode::SUCCESS)
}
