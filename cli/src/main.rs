//! The binary `towpath`. Each command is one file in `command/`; exit codes are 0 (done), 1 (something failed while
//! it ran) and 2 (a document or an argument cannot be used).

mod client;
mod command;
mod demo;
mod document;
mod environment;
mod failure;
mod laptop;
mod log;
mod output;
mod text;
mod top;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = match command::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(usage) => {
            // a closed pipe leaves nobody to tell
            let _ = usage.print();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(failure::BAD_INPUT));
        }
    };
    command::run(arguments.command).unwrap_or_else(|error| failure::report(&error))
}
