//! Changes of one number: weights and maintenance of a route, in the document that says them.

mod back;
mod edit;
mod weights;

use std::sync::Arc;

use serde_json::{Value, json};

use super::asked::Asked;
use crate::api::shape::{Problem, Reply};
use edit::change;
use weights::{Weights, Within, split_edits, switch_edits};

/// The only key that the body may have.
fn only<'a>(body: &'a Value, key: &str) -> Result<&'a Value, Problem> {
    let object = body.as_object().filter(|object| object.len() == 1);
    object
        .and_then(|object| object.get(key))
        .ok_or_else(|| Problem::bad(format!("the body is `{{\"{key}\": …}}`")))
}

pub(super) async fn split(asked: &Arc<Asked>) -> Result<Reply, Problem> {
    let body = asked.json()?;
    let wrong =
        || Problem::bad("`weights` is a map of destinations and their weights, each from 0 to 1000000");
    let pairs = only(&body, "weights")?.as_object().filter(|pairs| !pairs.is_empty()).ok_or_else(wrong)?;
    let weight =
        |(name, weight): (&String, &Value)| Some((name.clone(), u32::try_from(weight.as_u64()?).ok()?));
    let weights: Weights = pairs.iter().map(weight).collect::<Option<_>>().ok_or_else(wrong)?;
    let told: Vec<_> = weights.iter().map(|(name, weight)| format!("{name}={weight}")).collect();
    let message = format!("split {} {}", asked.name("route"), told.join(" "));
    change(asked, message, move |route, index| split_edits(route, index, &weights)).await
}

pub(super) async fn switch(asked: &Arc<Asked>) -> Result<Reply, Problem> {
    let body = asked.json()?;
    if body.get("back").is_some() {
        return match only(&body, "back")?.as_bool() {
            Some(true) => back::back(asked).await,
            _ => Err(Problem::bad("`back` is `true`; `to` names a destination")),
        };
    }
    let to = only(&body, "to")?.as_str().ok_or_else(|| Problem::bad("`to` is the name of a destination"))?;
    let (message, to) = (format!("switch {} {to}", asked.name("route")), to.to_owned());
    change(asked, message, move |route, index| switch_edits(route, index, &to)).await
}

pub(super) async fn maintenance(asked: &Arc<Asked>) -> Result<Reply, Problem> {
    let body = asked.json()?;
    let active =
        only(&body, "active")?.as_bool().ok_or_else(|| Problem::bad("`active` is `true` or `false`"))?;
    let message = format!("maintenance {} {}", asked.name("route"), if active { "on" } else { "off" });
    change(asked, message, move |route, _| Ok(maintenance_edits(route.value.get("maintenance"), active)))
        .await
}

/// A map says `active` in it; without one, one word says it all.
fn maintenance_edits(written: Option<&Value>, active: bool) -> Vec<Within> {
    let key = "maintenance".to_owned();
    match written {
        None if !active => Vec::new(),
        Some(Value::Object(_)) => vec![(vec![key, "active".to_owned()], json!(active))],
        _ => vec![(vec![key], json!(active))],
    }
}

#[cfg(test)]
mod tests;
