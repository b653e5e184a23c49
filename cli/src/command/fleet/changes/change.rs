//! What all changes have in common: how they are asked for, and what is said of them.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::Value;

use crate::client::server::{Ask, Server, count, fault, text, texts};
use crate::failure::FAILED;
use crate::output;

/// How long the verdict of the fleet is waited for when nothing is said.
const WAIT: &str = "10s";

/// How a change is made.
#[derive(Debug, clap::Args)]
pub struct Change {
    /// Say what would become of it, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Wait for the verdict of the proxies, and exit with 1 unless all of them take it
    #[arg(long, value_name = "DURATION", num_args = 0..=1, default_missing_value = WAIT, value_parser = wait)]
    wait: Option<Duration>,
    /// Only if this is the newest revision
    #[arg(long, value_name = "REVISION")]
    expect: Option<u64>,
    /// Why, for those who read the history
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
}

fn wait(text: &str) -> Result<Duration, String> {
    let wait = humantime::parse_duration(text).map_err(|fault| fault.to_string())?;
    if (Duration::from_secs(1)..=Duration::from_secs(60)).contains(&wait) {
        Ok(wait)
    } else {
        Err("1s is the least, 60s the most".into())
    }
}

impl Change {
    /// Asks for the change, and says what became of it.
    ///
    /// # Errors
    /// Why it was not made.
    pub fn make(&self, server: &Server, ask: Ask<'_>) -> anyhow::Result<ExitCode> {
        let seconds = self.wait.map(|wait| format!("{}s", wait.as_secs()));
        let ask = ask
            .with_any("dry_run", self.dry_run.then_some("true"))
            .with_any("wait", seconds.filter(|_| !self.dry_run))
            .with_any("expect", self.expect.map(|revision| revision.to_string()))
            .with_any("message", self.message.clone())
            .patient(self.wait.unwrap_or_default());
        let written = ask.value()?;
        if server.json {
            output::answer(&format_args!("{written:#}"))?;
        } else {
            warnings(&written);
            output::answer(&told(&written))?;
        }
        let taken = written.get("fleet").is_none_or(|fleet| fleet.is_null() || is_taken(fleet));
        Ok(if taken { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
    }
}

fn is_taken(fleet: &Value) -> bool {
    fleet.get("settled") == Some(&Value::Bool(true)) && texts(fleet, "rejected").next().is_none()
}

fn warnings(written: &Value) {
    for warning in written.get("warnings").and_then(Value::as_array).into_iter().flatten() {
        output::complain(&fault(warning));
    }
}

/// What was done, in one line, and one for what the fleet says.
fn told(written: &Value) -> String {
    let revision = count(written, "revision");
    let documents = written.get("documents").and_then(Value::as_array).into_iter().flatten();
    let documents: Vec<_> =
        documents.map(|one| format!("{} ({})", text(one, "document"), text(one, "touch"))).collect();
    let list = documents.join(", ");
    let is = |key: &str| written.get(key) == Some(&Value::Bool(true));
    let first = match (documents.is_empty(), is("dry_run"), is("changed")) {
        (true, ..) => format!("nothing to change: revision {revision} says the same"),
        (_, true, _) => format!("would change {list}, on top of revision {revision}"),
        (_, _, true) => format!("revision {revision}: {list}"),
        (_, _, false) => format!("revision {revision} is as it was: {list} had been written by another"),
    };
    match written.get("fleet") {
        Some(fleet) if !fleet.is_null() => format!("{first}\n{}", verdict(fleet)),
        _ => first,
    }
}

/// What the proxies say, in few words.
pub fn verdict(fleet: &Value) -> String {
    let (proxies, current) = (count(fleet, "proxies"), count(fleet, "current"));
    let mut lines = vec![match (proxies, fleet.get("settled") == Some(&Value::Bool(true))) {
        (0, _) => "no proxy is connected".to_owned(),
        (_, true) => format!("judged by {current} of {proxies} proxies"),
        (_, false) => format!("judged by {current} of {proxies} proxies so far"),
    }];
    if let Some(stage) = fleet.get("stage").filter(|stage| !stage.is_null()) {
        let (step, steps) = (count(stage, "step"), count(stage, "steps"));
        lines.push(match text(stage, "taken_back") {
            "" => format!("staged: step {step} of {steps}, {} proxies have it", count(stage, "proxies")),
            reason => format!("staged: taken back at step {step} of {steps}: {reason}"),
        });
    }
    match text(fleet, "taken_back") {
        "" => {}
        reason => lines.push(format!("taken back: {reason}")),
    }
    lines.extend(texts(fleet, "rejected").map(|(proxy, reason)| format!("rejected by {proxy}: {reason}")));
    lines.join("\n")
}

#[cfg(test)]
mod tests;
