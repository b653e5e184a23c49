//! `towpath diff`. Exit codes as those of `diff`: 0 the same, 1 different, 2 a document cannot be used.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;

use super::arguments::Format;
use crate::client::server::{Ask, Server, bundle, fault, text};
use crate::{document, output};

/// Two tables, or documents and what the control server has.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 the same meaning, 1 another meaning, 2 a document cannot be used.")]
pub struct Arguments {
    /// The route table before (`-` for stdin)
    #[arg(required_unless_present = "files", requires = "new", conflicts_with = "files")]
    old: Option<PathBuf>,
    /// The route table after (`-` for stdin)
    new: Option<PathBuf>,
    /// Compare what the control server has with what it would have after `towpath apply -f` of this document or
    /// directory; may come several times
    #[arg(short, long = "file", value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
    /// How the changes are written
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    server: Server,
}

/// Prints the changes.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let as_json = arguments.server.json || arguments.format == Format::Json;
    let count = match (&arguments.old, &arguments.new) {
        (Some(old), Some(new)) => {
            let changes = towpath_config::diff(&document::load(old)?, &document::load(new)?);
            if as_json {
                let list: Vec<_> = changes.iter().map(towpath_config::Change::to_json).collect();
                output::answer(&format_args!("{:#}", Value::from(list)))?;
            } else {
                changes.iter().try_for_each(|change| output::answer(change))?;
            }
            changes.len()
        }
        _ => against_server(arguments, as_json)?,
    };
    Ok(ExitCode::from(u8::from(count > 0)))
}

/// Prints what documents would change; how many changes there are.
fn against_server(arguments: &Arguments, as_json: bool) -> anyhow::Result<usize> {
    let (media, body) = bundle(&arguments.files)?;
    let ask = Ask::new(&arguments.server, "POST", "/api/v1/diff").in_namespace().body(media, body);
    let answer = ask.value()?;
    let list = |key: &str| answer.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    list("warnings").iter().for_each(|warning| output::complain(&fault(warning)));
    let changes = list("changes");
    if as_json {
        output::answer(&format_args!("{:#}", Value::from(changes.clone())))?;
    } else {
        for change in &changes {
            output::answer(&format_args!("{} {}", text(change, "namespace"), text(change, "text")))?;
        }
    }
    Ok(changes.len())
}
