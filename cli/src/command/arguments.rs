//! What stands on the command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use super::fleet::changes::{apply, delete, maintenance, rollback, split, switch};
use super::fleet::looks::{audit, events, get, history, proxies, status};
use super::print::{completions, manual, schema};
use super::{check, control, demo, diff, explain, proxy, routes, top};

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
    /// Give documents to the control server
    Apply(apply::Arguments),
    /// Print what the mesh should be
    Get(get::Arguments),
    /// Remove a route, a cluster or anything else that has a name
    Delete(delete::Arguments),
    /// Say what the fleet made of the newest revision
    Status(status::Arguments),
    /// List the proxies of the fleet
    Proxies(proxies::Arguments),
    /// List the changes: who, when, what
    History(history::Arguments),
    /// Print the audit log: what was changed, what was refused, and who tried
    Audit(audit::Arguments),
    /// Make the mesh what it was at a revision
    Rollback(rollback::Arguments),
    /// Watch what happens: changes, verdicts, proxies that come and go
    Events(events::Arguments),
    /// Give destinations of a route other weights
    Split(split::Arguments),
    /// Send everything of a route to one destination
    Switch(switch::Arguments),
    /// Turn the maintenance of a route on or off
    Maintenance(maintenance::Arguments),
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
        Command::Apply(arguments) => apply::run(&arguments),
        Command::Get(arguments) => get::run(&arguments),
        Command::Delete(arguments) => delete::run(&arguments),
        Command::Status(arguments) => status::run(&arguments),
        Command::Proxies(arguments) => proxies::run(&arguments),
        Command::History(arguments) => history::run(&arguments),
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Rollback(arguments) => rollback::run(&arguments),
        Command::Events(arguments) => events::run(&arguments),
        Command::Split(arguments) => split::run(&arguments),
        Command::Switch(arguments) => switch::run(&arguments),
        Command::Maintenance(arguments) => maintenance::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Manual(arguments) => manual::run(&arguments),
    }
}
