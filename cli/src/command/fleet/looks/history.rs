//! `towpath history`

use std::process::ExitCode;

use serde_json::Value;

use crate::client::server::{Ask, Server, count, line, origin, text, time};
use crate::{output, text as writing};

/// How much of it.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// This revision with its documents, as JSON
    revision: Option<u64>,
    /// So many, the newest first
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1000))]
    limit: u64,
    /// Only what is older than this revision
    #[arg(long, value_name = "REVISION")]
    before: Option<u64>,
    #[command(flatten)]
    server: Server,
}

/// Lists the changes: who, when, what.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { revision, limit, before, server } = arguments;
    if let Some(revision) = revision {
        let answer = Ask::new(server, "GET", format!("/api/v1/revisions/{revision}")).value()?;
        output::answer(&format_args!("{answer:#}"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let ask = Ask::new(server, "GET", "/api/v1/revisions").in_namespace().with("limit", limit.to_string());
    let answer = ask.with_any("before", before.map(|one| one.to_string())).value()?;
    if server.json {
        output::answer(&format_args!("{answer:#}"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let list = answer.get("revisions").and_then(Value::as_array).cloned().unwrap_or_default();
    if list.is_empty() {
        output::answer(&"nothing was changed yet")?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<_> = list.iter().map(row).collect();
    output::answer(&writing::aligned(["REVISION", "TIME", "WHO", "FROM", "CHANGED", "MESSAGE"], &rows))?;
    Ok(ExitCode::SUCCESS)
}

fn row(revision: &Value) -> [String; 6] {
    let changed = revision.get("changed").and_then(Value::as_array).into_iter().flatten();
    let changed: Vec<_> = changed.map(|one| text(one, "document")).collect();
    let changed = match changed.as_slice() {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        changed => changed.join(", "),
    };
    let number = count(revision, "number").to_string();
    [number, time(revision), line(revision, "who"), origin(revision), changed, line(revision, "message")]
}
