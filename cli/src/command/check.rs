//! `towpath check`

mod fleet;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use towpath_config::{Compiled, Faults, compile};

use super::arguments::Format;
use crate::failure::{BAD_INPUT, BadInput};
use crate::text::counted;
use crate::{document, environment, output};

/// Which tables, and how to answer.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Route tables (`-` for stdin); with `--fleet`, documents of a fleet and directories
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print the table in its long form, with every default and inherited value spelled out
    #[arg(long, conflicts_with = "format")]
    long: bool,
    /// Check documents of a fleet, and directories of them, as the control server would
    #[arg(long, conflicts_with = "long")]
    fleet: bool,
    /// How the findings are written
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// One table that was checked.
struct Checked<'a> {
    file: &'a Path,
    elapsed: Duration,
    result: Result<Compiled, Rejected>,
}

/// Why a table cannot be used.
enum Rejected {
    Unreadable(BadInput),
    Faulty(Faults),
}

/// Checks every table, and says all that is wrong with any of them.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if arguments.fleet {
        return fleet::run(&arguments.files, arguments.format);
    }
    let checked: Vec<_> = arguments.files.iter().map(|file| check(file)).collect();
    match (arguments.format, arguments.long) {
        (Format::Json, _) => {
            let list: Vec<_> = checked.iter().map(Checked::to_json).collect();
            output::answer(&format_args!("{:#}", Value::from(list)))?;
        }
        (Format::Text, long) => checked.iter().try_for_each(|checked| checked.show(long))?,
    }
    let good = checked.iter().all(|checked| checked.result.is_ok());
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(BAD_INPUT) })
}

fn check(file: &Path) -> Checked<'_> {
    let begun = Instant::now();
    let result = document::read(file)
        .map_err(Rejected::Unreadable)
        .and_then(|source| compile(&source, &environment::variable).map_err(Rejected::Faulty));
    Checked { file, elapsed: begun.elapsed(), result }
}

impl Checked<'_> {
    fn show(&self, long: bool) -> anyhow::Result<()> {
        match &self.result {
            Err(Rejected::Unreadable(bad)) => output::complain(bad),
            Err(Rejected::Faulty(faults)) => output::complain(&document::told(faults)),
            Ok(compiled) => {
                document::warn(compiled.warnings());
                let summary = self.summary(compiled);
                if long {
                    output::complain(&summary);
                    output::answer(&towpath_config::long_yaml(compiled.config()).trim_end())?;
                } else {
                    output::answer(&summary)?;
                }
            }
        }
        Ok(())
    }

    fn summary(&self, compiled: &Compiled) -> String {
        let config = compiled.config();
        format!(
            "{}: ok: {}, {}, {} in {:.1} ms",
            self.file.display(),
            counted(config.routes().len(), "route"),
            counted(config.clusters().len(), "cluster"),
            counted(config.listeners().len(), "listener"),
            self.elapsed.as_secs_f64() * 1000.0,
        )
    }

    fn to_json(&self) -> Value {
        let mut out = json!({
            "file": self.file.display().to_string(),
            "ok": self.result.is_ok(),
            "milliseconds": self.elapsed.as_secs_f64() * 1000.0,
        });
        let more = match &self.result {
            Err(Rejected::Unreadable(bad)) => json!({"error": bad.to_string()}),
            Err(Rejected::Faulty(faults)) => faults.to_json(),
            Ok(compiled) => json!({
                "routes": compiled.config().routes().len(),
                "clusters": compiled.config().clusters().len(),
                "listeners": compiled.config().listeners().len(),
                "faults": compiled.warnings().iter().map(towpath_config::Fault::to_json).collect::<Vec<_>>(),
            }),
        };
        if let (Value::Object(out), Value::Object(more)) = (&mut out, more) {
            out.extend(more);
        }
        out
    }
}
