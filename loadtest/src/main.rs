//! The binary `towpath-load`: `run` asks at a rate that is fixed in advance and counts each answer's time from when it
//! should have been asked, so that a server that stalls cannot slow its own measuring (coordinated omission); `serve`
//! is an upstream that delays, fails, resets, trickles and closes on demand; `fleet` is thousands of proxies of a control
//! server, and measures how it serves them.
//!
//! Black box: it imports none of the other crates. Exit codes are 0 (done), 1 (nothing was answered, or the system gave
//! way) and 2 (an argument cannot be used).

mod arguments;
mod failure;
mod fleet;
mod message;
mod output;
mod quantity;
mod run;
mod serve;
mod stream;
mod system;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(usage) => {
            // a closed pipe leaves nobody to tell
            let _ = usage.print();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(failure::USAGE));
        }
    };
    let done = match &arguments.command {
        Command::Run(asked) => run::run(asked),
        Command::Serve(asked) => serve::serve(asked),
        Command::Fleet(asked) => fleet::run(asked),
    };
    done.map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS)
}
