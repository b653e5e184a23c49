//! `towpath audit`

use std::process::ExitCode;

use serde_json::Value;

use crate::client::server::{Ask, Server, count, line, origin, time};
use crate::output;

/// So many lines are asked for at a time.
const PIECE: usize = 1000;

/// How much of it.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Only what came after this revision
    #[arg(long, value_name = "REVISION")]
    since: Option<u64>,
    #[command(flatten)]
    server: Server,
}

/// Prints all lines, the oldest first: with `--json` as they are.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { since, server } = arguments;
    let mut after = 0;
    loop {
        let ask = Ask::new(server, "GET", "/api/v1/audit").in_namespace().with("limit", PIECE.to_string());
        let ask = ask.with("after", after.to_string()).with_any("since", since.map(|one| one.to_string()));
        let lines = ask.accept("application/jsonl").text()?;
        for line in lines.lines() {
            let entry: Value = serde_json::from_str(line)?;
            after = count(&entry, "number");
            if server.json { output::answer(&line)? } else { output::answer(&words(&entry))? }
        }
        if lines.lines().count() < PIECE {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

/// A line for people.
fn words(entry: &Value) -> String {
    let revision = match count(entry, "revision") {
        0 => String::new(),
        revision => format!(" as revision {revision}"),
    };
    let left_out = match count(entry, "left_out") {
        0 => String::new(),
        count => format!("; {count} before it were not noted"),
    };
    let why = [line(entry, "message"), line(entry, "reason")];
    let why: Vec<_> = why.into_iter().filter(|why| !why.is_empty()).collect();
    let why = if why.is_empty() { String::new() } else { format!(": {}", why.join(": ")) };
    let [who, action, outcome] = ["who", "action", "outcome"].map(|key| line(entry, key));
    let (time, origin) = (time(entry), origin(entry));
    format!("{time} {who} by {origin}: {action} {outcome}{revision}{why}{left_out}")
}

#[cfg(test)]
mod tests;
