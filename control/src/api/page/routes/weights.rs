//! Weights of the destinations of a route: which numbers change, given what is written.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::api::index::{Index, Kind, Resource};

/// A way within the route, and what is put there.
pub(super) type Within = (Vec<String>, Value);

/// Wanted weights, by names of destinations or of their subsets.
pub(super) type Weights = BTreeMap<String, u32>;

/// The weight of the one that everything goes to.
const ALL: u32 = 100;

/// The weights that are written in a route; none when it sends nothing to destinations.
pub(super) fn weights_of(route: &Value) -> Option<Weights> {
    let weight = |written: &Value| {
        let number = written.get("weight").unwrap_or(written).as_u64();
        number.map_or(1, |number| u32::try_from(number).unwrap_or(u32::MAX))
    };
    match route.get("to") {
        Some(Value::String(one)) => Some([(one.clone(), 1)].into_iter().collect()),
        Some(Value::Object(several)) => {
            Some(several.iter().map(|(name, written)| (name.clone(), weight(written))).collect())
        }
        _ => None,
    }
}

/// Gives the destinations the weights that they had once; one that had none then gets nothing.
pub(super) fn back_edits(route: &Resource, then: &Weights) -> Result<Vec<Within>, String> {
    let known = destinations(route)?;
    if let Some((gone, _)) = then.iter().find(|(name, weight)| **weight > 0 && !known.contains_key(*name)) {
        return Err(format!(
            "`{gone}` had traffic then, and the route `{}` has it no more: put it there again first",
            route.name
        ));
    }
    let weight = |name: &String| then.get(name).copied().unwrap_or(0);
    let wanted = known.keys().map(|name| (name.clone(), weight(name))).collect();
    Ok(edits(route, &known, &wanted))
}

/// The destinations of a route as they are written, each with its weight and policies or only the weight.
fn destinations(route: &Resource) -> Result<Map<String, Value>, String> {
    match route.value.get("to") {
        Some(Value::String(one)) => Ok([(one.clone(), json!(1))].into_iter().collect()),
        Some(Value::Object(several)) => Ok(several.clone()),
        _ => Err(format!("the route `{}` sends nothing to destinations: it has no `to`", route.name)),
    }
}

/// Gives these destinations these weights. Others keep theirs.
pub(super) fn split_edits(route: &Resource, index: &Index, weights: &Weights) -> Result<Vec<Within>, String> {
    let known = destinations(route)?;
    let mut wanted = BTreeMap::new();
    for (name, weight) in weights {
        let destination = find(route, index, &known, name)?;
        if wanted.insert(destination.clone(), *weight).is_some() {
            return Err(format!("`{destination}` is named twice"));
        }
    }
    Ok(edits(route, &known, &wanted))
}

/// Gives one destination everything. The others stay in the document with weight 0: their endpoints stay known, checked
/// and connected, so that the way back is as short.
pub(super) fn switch_edits(route: &Resource, index: &Index, to: &str) -> Result<Vec<Within>, String> {
    let known = destinations(route)?;
    let chosen = find(route, index, &known, to)?;
    let mut wanted: BTreeMap<_, _> = known.keys().map(|name| (name.clone(), 0)).collect();
    wanted.insert(chosen, ALL);
    Ok(edits(route, &known, &wanted))
}

fn edits(route: &Resource, known: &Map<String, Value>, wanted: &BTreeMap<String, u32>) -> Vec<Within> {
    let to = || "to".to_owned();
    if route.value.get("to").is_some_and(Value::is_string) {
        let mut all = known.clone();
        all.extend(wanted.iter().map(|(name, weight)| (name.clone(), json!(weight))));
        return vec![(vec![to()], all.into())];
    }
    let edit = |(name, weight): (&String, &u32)| match known.get(name) {
        Some(Value::Object(more)) if more.get("weight") == Some(&json!(weight)) => None,
        Some(Value::Object(_)) => Some((vec![to(), name.clone(), "weight".to_owned()], json!(weight))),
        Some(written) if *written == json!(weight) => None,
        _ => Some((vec![to(), name.clone()], json!(weight))),
    };
    wanted.iter().filter_map(edit).collect()
}

fn subset(destination: &str) -> Option<&str> {
    destination.split_once('/').map(|(_, subset)| subset)
}

fn cluster(destination: &str) -> &str {
    destination.split_once('/').map_or(destination, |(cluster, _)| cluster)
}

/// The destination that is meant by a name: one that is there, by its whole name or its subset, or a new one.
fn find(route: &Resource, index: &Index, known: &Map<String, Value>, name: &str) -> Result<String, String> {
    if known.contains_key(name) {
        return Ok(name.to_owned());
    }
    let listed = || known.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let by_subset: Vec<_> = known.keys().filter(|destination| subset(destination) == Some(name)).collect();
    match by_subset.as_slice() {
        [] => {}
        [one] => return Ok((*one).clone()),
        _ => return Err(format!("`{name}` could be several: {}; write the whole name", listed())),
    }
    let is_cluster = || index.find(&route.namespace, Kind::Cluster, name).next().is_some();
    if name.contains(['/', ':']) || is_cluster() {
        return Ok(name.to_owned());
    }
    let clusters: std::collections::BTreeSet<_> =
        known.keys().map(|destination| cluster(destination)).collect();
    let has_subset = |cluster: &&&str| {
        let mut found = index.find(&route.namespace, Kind::Cluster, cluster);
        found.any(|one| one.value.get("subsets").and_then(|subsets| subsets.get(name)).is_some())
    };
    match clusters.iter().filter(has_subset).collect::<Vec<_>>().as_slice() {
        [one] => Ok(format!("{one}/{name}")),
        _ => Err(format!("the route `{}` has no destination `{name}`: it has {}", route.name, listed())),
    }
}
