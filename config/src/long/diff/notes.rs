//! What a change means to those who are served.

use serde_json::Value;

use super::Change;

/// Paths, with `*` for any one name, and what a change there means.
const NOTES: [(&str, &str); 13] = [
    ("proxy.workers", "takes effect at the next start"),
    ("proxy.admin", "takes effect at the next start"),
    ("proxy.limits.reserved_files", "takes effect at the next start"),
    ("listeners.*.address", "the old socket is closed, a new one opened"),
    ("listeners.*.protocol", "new connections are taken so"),
    ("routes.*.sticky", "users are assigned anew"),
    ("routes.*.sticky.cohort", "users are assigned anew"),
    ("routes.*.sticky.by", "users are assigned anew"),
    ("routes.*.sticky.by.*", "users are assigned anew"),
    ("routes.*.sticky.by.*.header", "users are assigned anew"),
    ("routes.*.sticky.by.*.cookie", "users are assigned anew"),
    ("routes.*.sticky.by.*.query", "users are assigned anew"),
    ("clusters.*.subsets.*.labels", "other endpoints may be in it"),
];

pub(super) fn note(change: &Change, before: &Value, after: &Value) -> Option<String> {
    let steps: Vec<&str> = change.path.split('.').collect();
    if let ["routes", .., "maintenance"] | ["routes", .., "maintenance", "active"] = steps.as_slice() {
        let on = |value: &Option<Value>| {
            value.as_ref().is_some_and(|value| value.get("active").unwrap_or(value).as_bool() == Some(true))
        };
        return match (on(&change.old), on(&change.new)) {
            (false, true) => Some("requests are answered 503".to_owned()),
            (true, false) => Some("requests are served again".to_owned()),
            _ => None,
        };
    }
    if change.path.starts_with("routes.") && change.path.contains(".to.") {
        return share(&change.path, before, after);
    }
    let fits = |pattern: &str| {
        let pattern: Vec<&str> = pattern.split('.').collect();
        pattern.len() == steps.len()
            && pattern.iter().zip(&steps).all(|(wanted, step)| *wanted == "*" || wanted == step)
    };
    NOTES.iter().find(|(pattern, _)| fits(pattern)).map(|(_, note)| (*note).to_owned())
}

/// `share 10% → 50%` for a destination or its weight.
fn share(path: &str, before: &Value, after: &Value) -> Option<String> {
    let (route, rest) = path.strip_prefix("routes.")?.rsplit_once(".to.")?;
    let destination = match rest.strip_suffix(".weight") {
        Some(destination) => destination,
        // a destination that came or went, not one of its policies
        None => {
            Some(rest).filter(|rest| [before, after].iter().any(|table| to(table, route, rest).is_some()))?
        }
    };
    match (percent(before, route, destination), percent(after, route, destination)) {
        (Some(old), Some(new)) => Some(format!("share {old}% → {new}%")),
        (Some(old), None) => Some(format!("share was {old}%")),
        (None, Some(new)) => Some(format!("share {new}%")),
        (None, None) => None,
    }
}

fn to<'a>(table: &'a Value, route: &str, destination: &str) -> Option<&'a Value> {
    table.get("routes")?.get(route)?.get("to")?.get(destination)
}

/// The share of a destination in hundredths, with one decimal where it needs one.
fn percent(table: &Value, route: &str, destination: &str) -> Option<String> {
    let weight = |destination: &Value| destination.get("weight").and_then(Value::as_u64).unwrap_or_default();
    let own = weight(to(table, route, destination)?);
    let all: u64 = table.get("routes")?.get(route)?.get("to")?.as_object()?.values().map(weight).sum();
    let share = own as f64 * 100.0 / all.max(1) as f64;
    let text = format!("{share:.1}");
    Some(text.strip_suffix(".0").map_or(text.clone(), str::to_owned))
}
