//! `towpath status`

use std::process::ExitCode;

use serde_json::Value;

use crate::client::server::{Ask, Server, count, fault, text, texts};
use crate::command::fleet::changes::verdict;
use crate::{output, text as writing};

/// Of what.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// List every object, also those that every proxy has taken
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    server: Server,
}

/// Says what became of the newest revision.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { all, server } = arguments;
    let status = Ask::new(server, "GET", "/api/v1/status").in_namespace().value()?;
    if server.json {
        output::answer(&format_args!("{status:#}"))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::answer(&told(&status, *all))?;
    Ok(ExitCode::SUCCESS)
}

fn told(status: &Value, all: bool) -> String {
    let fleet = status.get("fleet").cloned().unwrap_or_default();
    let mut pieces = vec![format!("revision {}, {}", count(status, "revision"), verdict(&fleet))];
    let list = |key: &str| status.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    pieces.extend(list("faults").iter().map(fault));
    let objects = list("objects");
    let odd = |object: &&Value| {
        count(object, "applied") < count(object, "proxies") || texts(object, "rejected").next().is_some()
    };
    let rows: Vec<_> = objects.iter().filter(|object| all || odd(object)).map(row).collect();
    if !rows.is_empty() {
        pieces.push(writing::aligned(["NAMESPACE", "KIND", "NAME", "APPLIED", ""], &rows));
    } else if count(&fleet, "proxies") > 0 {
        pieces.push(format!("all {} objects are taken by every proxy that they are for", objects.len()));
    }
    pieces.join("\n\n")
}

fn row(object: &Value) -> [String; 5] {
    let rejected = texts(object, "rejected").map(|(proxy, reason)| format!("rejected by {proxy}: {reason}"));
    let waiting = object.get("waiting").and_then(Value::as_array).into_iter().flatten();
    let waiting = waiting.filter_map(Value::as_str).map(|proxy| format!("waits on {proxy}"));
    let applied = format!("{}/{}", count(object, "applied"), count(object, "proxies"));
    let told: Vec<_> = rejected.chain(waiting).collect();
    let [namespace, kind, name] = ["namespace", "kind", "name"].map(|key| text(object, key).to_owned());
    [namespace, kind, name, applied, told.join("; ")]
}

#[cfg(test)]
mod tests;
