//! What a line of flags amounts to.

use clap::Parser;

use super::{Flags, table};

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    flags: Flags,
}

/// The file that these flags amount to, or what is wrong with them.
pub(super) fn written(line: &[&str]) -> Result<String, String> {
    let line = std::iter::once(&"proxy").chain(line);
    let flags = Line::try_parse_from(line).map_err(|fault| fault.to_string())?.flags;
    table(&flags).map_err(|fault| fault.to_string())
}
