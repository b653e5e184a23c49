//! Why the server did not do something, as people read it.

use anyhow::anyhow;
use serde_json::Value;

use super::words::{count, text};
use crate::failure::BadInput;

/// The error for an answer that is none. What the asker can mend is bad input.
pub(super) fn problem(address: &str, status: u16, body: &[u8]) -> anyhow::Error {
    let about: Value = serde_json::from_slice(body).unwrap_or_default();
    let detail = match text(&about, "detail") {
        "" => String::from_utf8_lossy(body).trim().chars().take(200).collect(),
        detail => detail.to_owned(),
    };
    match status {
        401 => bad(&format!("{detail}; --token-file FILE or TOWPATH_TOKEN gives one")),
        403 => bad(&format!(
            "the control server {address} does not allow this to whoever you are: another token may, or a command on \
             its own machine"
        )),
        409 if count(&about, "revision") > 0 => {
            bad(&format!("{detail}; look at what changed (towpath history), and try again"))
        }
        422 => bad(&invalid(&about, &detail)),
        400..500 => bad(&detail),
        _ => anyhow!("the control server {address} answered {status}: {detail}"),
    }
}

fn bad(detail: &str) -> anyhow::Error {
    BadInput(format!("error: {detail}")).into()
}

fn invalid(about: &Value, detail: &str) -> String {
    let faults = about.get("faults").and_then(Value::as_array).into_iter().flatten();
    let lines: Vec<_> = faults.map(fault).collect();
    match lines.as_slice() {
        [] => detail.to_owned(),
        lines => format!("{detail}\n\n{}", lines.join("\n\n")),
    }
}

/// `shop.yaml:3:5: what is wrong`, and below it what would be right.
pub fn fault(fault: &Value) -> String {
    let place = match (count(fault, "line"), count(fault, "column")) {
        (0, _) => String::new(),
        (line, column) => format!(":{line}:{column}"),
    };
    let standing = match text(fault, "standing") {
        "waiting" => " (waits)",
        "held" => " (held)",
        "accepted" => " (warning)",
        _ => "",
    };
    let help = match text(fault, "help") {
        "" => String::new(),
        help => format!("\n  = help: {help}"),
    };
    format!("{}{place}: {}{standing}{help}", text(fault, "file"), text(fault, "message"))
}

#[cfg(test)]
mod tests;
