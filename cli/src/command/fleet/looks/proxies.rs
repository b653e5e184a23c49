//! `towpath proxies`

use std::process::ExitCode;

use serde_json::Value;

use crate::client::server::{Ask, Server, ago, count, text};
use crate::{output, text as writing};

/// Which.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// This one only
    id: Option<String>,
    #[command(flatten)]
    server: Server,
}

/// Lists the proxies, and what each of them runs.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { id, server } = arguments;
    let answer =
        Ask::new(server, "GET", "/api/v1/proxies").in_namespace().with_any("id", id.clone()).value()?;
    if server.json {
        output::answer(&format_args!("{answer:#}"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let list = answer.get("proxies").and_then(Value::as_array).cloned().unwrap_or_default();
    if list.is_empty() {
        output::answer(&"no proxy is known; one comes with `towpath proxy --control HOST:PORT`")?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<_> = list.iter().map(row).collect();
    let heading = ["PROXY", "NAMESPACE", "STATE", "FOR", "REVISION", "ADDRESS", "VERSION", ""];
    output::answer(&writing::aligned(heading, &rows))?;
    Ok(ExitCode::SUCCESS)
}

fn row(proxy: &Value) -> [String; 8] {
    let own = |key: &str| text(proxy, key).to_owned();
    let connected = proxy.get("connected") == Some(&Value::Bool(true));
    let revision =
        proxy.get("revision").and_then(Value::as_u64).map_or("none".to_owned(), |one| one.to_string());
    let rejected = proxy.get("rejected").and_then(Value::as_array).into_iter().flatten();
    let mut told: Vec<_> = rejected
        .map(|one| format!("rejected {} {}: {}", text(one, "kind"), text(one, "name"), text(one, "reason")))
        .collect();
    match count(proxy, "pending") {
        0 => {}
        pending => told.push(format!("{pending} not judged yet")),
    }
    let state = if connected { "connected" } else { "gone" };
    let since = ago(count(proxy, "since_ms"));
    [
        own("id"),
        own("namespace"),
        state.into(),
        since,
        revision,
        own("address"),
        own("agent"),
        told.join("; "),
    ]
}
