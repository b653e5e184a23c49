//! Scalars of the route table's language.

use serde_json::Value;

/// A text as a scalar in flow style, with quotes only where YAML wants them. It stands for itself: nothing of the
/// environment is put into it.
pub fn scalar(text: &str) -> String {
    let text = text.replace("${", "$${");
    let ends = text.starts_with(|first: char| !first.is_alphanumeric() && !"/_.".contains(first))
        || text.ends_with([' ', ':']);
    let inside =
        text.contains([',', '[', ']', '{', '}', '"', '\\']) || text.contains(": ") || text.contains(" #");
    if text.is_empty() || ends || inside || text.contains(char::is_control) {
        Value::from(text).to_string()
    } else {
        text
    }
}
