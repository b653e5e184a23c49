//! `towpath events`

use std::process::ExitCode;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use crate::client::server::{Ask, Server, count, line};
use crate::output;

/// Of what.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    server: Server,
}

/// Prints what happens, until Ctrl-C.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { server } = arguments;
    let mut kind = String::new();
    let ask = Ask::new(server, "GET", "/api/v1/events").in_namespace().accept("text/event-stream");
    ask.lines(|line| {
        if let Some(event) = line.strip_prefix("event: ") {
            event.clone_into(&mut kind);
        } else if let Some(line) = line.strip_prefix("data: ") {
            let about: Value = serde_json::from_str(line).unwrap_or_default();
            if kind == "cut" {
                anyhow::bail!(
                    "{} events came faster than they were read here: start again",
                    count(&about, "missed")
                );
            }
            let told = if server.json { json(&kind, about) } else { told(&kind, &about) };
            output::answer(&told)?;
        }
        Ok(())
    })?;
    anyhow::bail!("the control server {} has ended the stream", server.control)
}

fn json(kind: &str, mut about: Value) -> String {
    if let Value::Object(about) = &mut about {
        about.insert("kind".to_owned(), kind.into());
    }
    about.to_string()
}

fn told(kind: &str, about: &Value) -> String {
    let time = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_millis(count(about, "time_ms")));
    format!("{time}  {kind:8}  {}", line(about, "message"))
}
