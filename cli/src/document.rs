//! Reads route tables for the commands.

use std::io::{self, Read};
use std::path::Path;

use towpath_config::model::Config;
use towpath_config::{DOCUMENT_BYTES_MAX, Faults, Source, compile};

use crate::failure::BadInput;
use crate::{environment, output};

/// The text of a file, or of stdin for `-`.
///
/// # Errors
/// [`BadInput`] with the path and the reason.
pub fn read(path: &Path) -> Result<Source, BadInput> {
    if path.as_os_str() != "-" {
        return Source::read(path).map_err(|fault| BadInput(format!("error: {fault}")));
    }
    let mut text = String::new();
    let limit = DOCUMENT_BYTES_MAX as u64 + 1;
    let read = io::stdin().lock().take(limit).read_to_string(&mut text);
    read.map_err(|reason| BadInput(format!("error: cannot read stdin: {reason}")))?;
    Ok(Source::new("stdin", text))
}

/// What a document means. Warnings go to stderr.
///
/// # Errors
/// [`BadInput`] with every fault and its place.
pub fn understand(source: &Source) -> Result<Config, BadInput> {
    let compiled = compile(source, &environment::variable).map_err(|faults| BadInput(told(&faults)))?;
    warn(compiled.warnings());
    Ok(compiled.into_config())
}

/// What a file means.
///
/// # Errors
/// As [`read`] and [`understand`].
pub fn load(path: &Path) -> Result<Config, BadInput> {
    understand(&read(path)?)
}

/// Shows warnings, if there are any.
pub fn warn(warnings: &Faults) {
    if !warnings.is_empty() {
        output::complain(&told(warnings));
    }
}

/// All faults for people, as stderr takes them.
pub fn told(faults: &Faults) -> String {
    faults.render(output::coloured(&io::stderr())).trim_end().to_owned()
}

#[cfg(test)]
mod tests;
