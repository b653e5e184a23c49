//! Why a request goes where it goes: every candidate in the order of trial, judged by the very functions that
//! judge live traffic.

use std::fmt;

use towpath_config::model::{Candidate, Config, Place, Route, RouteId};

use crate::route::candidate::Resolved;
use crate::route::miss::Miss;
use crate::route::view::RequestView;

mod words;

pub use words::wanted;

#[cfg(test)]
mod tests;

/// One candidate against one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The route.
    pub route: RouteId,
    /// Position in the route's hosts.
    pub host: usize,
    /// Position in the route's conditions.
    pub condition: usize,
    /// Where the condition is written.
    pub place: Place,
    /// How it ended.
    pub finding: Finding,
}

/// How a candidate fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// All of it holds, and no earlier one does: the request is its.
    Wins,
    /// All of it holds, but an earlier one wins.
    Holds,
    /// What failed first.
    Fails(Unmet),
}

/// The first thing that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// The stage, and with it the reason code.
    pub stage: Miss,
    /// What was wanted and what was found, as in `header canary-user: wanted "true", found nothing`.
    pub text: String,
    /// Where it is written.
    pub place: Place,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text, self.place)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wins => f.write_str("matched"),
            Self::Holds => f.write_str("would match, but an earlier one does"),
            Self::Fails(unmet) => unmet.fmt(f),
        }
    }
}

/// A verdict on every candidate of this order.
#[must_use]
pub fn why(config: &Config, order: &[Candidate], view: &RequestView<'_>) -> Vec<Verdict> {
    let mut is_taken = false;
    order.iter().filter_map(|candidate| judge(config, candidate, view, &mut is_taken)).collect()
}

/// A candidate that did not take the request.
#[derive(Debug, Clone, Copy)]
pub struct Missed<'a> {
    /// Its route.
    pub route: &'a Route,
    /// What it failed at.
    pub stage: Miss,
    /// Where its condition is written.
    pub place: Place,
}

/// The candidates before the one that wins, or all of them where none does.
pub fn misses<'a>(config: &'a Config, view: &RequestView<'_>) -> impl Iterator<Item = Missed<'a>> {
    let order = config.order().iter().filter_map(|candidate| Resolved::of(config, candidate));
    order.map_while(|candidate| {
        let stage = candidate.first_failure(view)?.into();
        Some(Missed { route: candidate.route, stage, place: *candidate.condition.place() })
    })
}

fn judge(
    config: &Config,
    candidate: &Candidate,
    view: &RequestView<'_>,
    is_taken: &mut bool,
) -> Option<Verdict> {
    let resolved = Resolved::of(config, candidate)?;
    let finding = match resolved.first_failure(view) {
        None if std::mem::replace(is_taken, true) => Finding::Holds,
        None => Finding::Wins,
        Some(failure) => {
            let (text, place) = words::unmet(config, &resolved, failure, view);
            Finding::Fails(Unmet { stage: failure.into(), text, place })
        }
    };
    Some(Verdict {
        route: candidate.route(),
        host: candidate.host(),
        condition: candidate.condition(),
        place: *resolved.condition.place(),
        finding,
    })
}
