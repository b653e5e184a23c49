//! Changes of the computed order.

use std::collections::HashMap;

use serde_json::json;

use super::Change;
use crate::language::Write;
use crate::long;
use crate::model::{Candidate, Config};

/// Candidates of both tables that changed places: for each two neighbours that stood the other way round, one change.
pub(super) fn moved(old: &Config, new: &Config) -> Vec<Change> {
    let before: HashMap<String, usize> = old
        .order
        .iter()
        .chain(old.connection_order.iter())
        .filter_map(|one| identity(old, one))
        .enumerate()
        .map(|(place, one)| (one, place))
        .collect();
    let survivors: Vec<(usize, &Candidate)> = new
        .order
        .iter()
        .chain(new.connection_order.iter())
        .filter_map(|candidate| Some((*before.get(&identity(new, candidate)?)?, candidate)))
        .collect();
    let neighbours = survivors.iter().zip(survivors.iter().skip(1));
    neighbours
        .filter(|((first, _), (second, _))| first > second)
        .filter_map(|((_, first), (_, second))| {
            let (first, second) = (name(new, first)?, name(new, second)?);
            Some(Change {
                path: "order".to_owned(),
                old: Some(json!(format!("{second} before {first}"))),
                new: Some(json!(format!("{first} before {second}"))),
                note: Some("requests that both match go to the other one".to_owned()),
            })
        })
        .collect()
}

/// What a candidate is, whatever its place.
fn identity(config: &Config, candidate: &Candidate) -> Option<String> {
    let route = config.route(candidate.route)?;
    let condition = route.conditions.get(candidate.condition)?;
    let host = route.hosts.get(candidate.host)?.write();
    Some(format!("{} {host} {}", route.name, long::condition(condition)))
}

fn name(config: &Config, candidate: &Candidate) -> Option<String> {
    config.route(candidate.route).map(|route| route.name.clone())
}
