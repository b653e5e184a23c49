//! `towpath control token`

use std::process::ExitCode;

use clap::ValueEnum;
use towpath_config::{Source, server};
use towpath_control::api::Secret;

use crate::failure::BadInput;
use crate::{document, output};

/// For whom.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Its name, as revisions and the audit log will say it
    name: String,
    /// A namespace that it is for; may come several times; all of them when left out
    #[arg(long, value_name = "NAME")]
    namespace: Vec<String>,
    /// What it may do; each scope holds those before it
    #[arg(long, value_enum, default_value = "read")]
    scope: Scope,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Scope {
    /// Look
    Read,
    /// Change what the mesh should be
    Write,
    /// Read the audit log
    Admin,
}

/// Prints a token on stdout, and on stderr what the settings want.
pub fn run(wanted: &Arguments) -> anyhow::Result<ExitCode> {
    let secret = Secret::generate()?;
    let namespaces = match wanted.namespace.as_slice() {
        [] => "\"*\"".to_owned(),
        list => format!("[{}]", list.join(", ")),
    };
    let scope = wanted.scope.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let digest = secret.digest();
    let line =
        format!("  {}: {{digest: {digest}, namespaces: {namespaces}, scopes: [{scope}]}}", wanted.name);
    // the settings are asked whether they could read it
    let source = Source::new("this token", format!("source: store\ntokens:\n{line}\n"));
    server::settings(&source, &|_| None).map_err(|faults| BadInput(document::told(&faults)))?;
    output::complain(&format_args!(
        "# the settings of the control server want this; the token itself is below, and nowhere else\ntokens:\n{line}\n"
    ));
    output::answer(&secret.reveal())?;
    Ok(ExitCode::SUCCESS)
}
