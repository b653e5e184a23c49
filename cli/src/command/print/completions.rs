//! `towpath completions`

use std::io::{self, Write};
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::command::arguments;

/// For which shell.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The shell
    shell: Shell,
}

/// Prints the script that the shell reads.
pub fn run(wanted: &Arguments) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    generate(wanted.shell, &mut arguments::Arguments::command(), "towpath", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}
