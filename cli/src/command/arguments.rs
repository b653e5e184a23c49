//! What stands on the command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use super::{check, completions, control, demo, diff, explain, manual, proxy, routes, schema, top};

/// A service-mesh proxy that can say why.
#[derive(Debug, Parser)]
#[command(name = "towpath", version = env!("TOWPATH_VERSION"), arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed while running, 2 a document or an argument cannot be used."
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the proxy by a route table, until SIGTERM or Ctrl-C
    Proxy(proxy::Arguments),
    /// Run the control server, which pushes route tables to a fleet of proxies
    Control(control::Arguments),
    /// See it work: two versions of a service, the proxy, and a live board
    Demo(demo::Arguments),
    /// Watch a running proxy: rates, errors and durations of its routes and destinations
    Top(top::Arguments),
    /// Say what is wrong with route tables, all at once
    Check(check::Arguments),
    /// Say what would happen to a request, and why
    Explain(explain::Arguments),
    /// List the routes in the order in which they are tried
    Routes(routes::Arguments),
    /// Say what changes in meaning from one route table to another
    Diff(diff::Arguments),
    /// Print the JSON Schema of the route table, for editors
    Schema(schema::Arguments),
    /// Print what completes commands and options in a shell
    Completions(completions::Arguments),
    /// Print a manual page, for man(1)
    Manual(manual::Arguments),
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Runs a command.
///
/// # Errors
/// [`crate::failure::BadInput`] for what cannot be used, any other error for what failed.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Proxy(arguments) => proxy::run(arguments),
        Command::Control(arguments) => control::run(&arguments),
        Command::Demo(arguments) => demo::run(arguments),
        Command::Top(arguments) => top::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Routes(arguments) => routes::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Manual(arguments) => manual::run(&arguments),
    }
}
