//! What is said of a request and of a connection alike.

use std::time::SystemTime;

use towpath_config::model::{Config, Destination, Route, Split};

use super::explanation::{
    CandidateSaid, DestinationSaid, EndpointSaid, Outcome, Sent, Setting, ShareSaid, SplitSaid,
};
use super::settings;
use crate::admin::words;
use crate::filter::maintenance::{in_force, is_exempt};
use crate::outcome::Reason;
use crate::route::RequestView;
use crate::route::split::{Decides, Explained};
use crate::route::why::{Finding, Verdict};
use crate::snapshot::Snapshot;
use crate::upstream::balance::EndpointSet;
use crate::upstream::health::Health;
use crate::upstream::names::Standing;

/// One candidate and how it fared.
pub(super) fn candidate(config: &Config, verdict: &Verdict) -> Option<CandidateSaid> {
    let route = config.route(verdict.route)?;
    let (result, reason) = match &verdict.finding {
        Finding::Wins => ("wins", None),
        Finding::Holds => ("holds", None),
        Finding::Fails(unmet) => ("fails", Some(unmet.stage.code())),
    };
    Some(CandidateSaid {
        route: route.name().clone(),
        host: words::host(route.hosts().get(verdict.host)?),
        place: verdict.place.to_string(),
        result,
        reason,
        text: verdict.finding.to_string(),
    })
}

/// How the maintenance of a route stands.
pub(super) fn maintenance(route: &Route, view: &RequestView<'_>) -> Option<Setting> {
    let maintenance = route.maintenance().as_ref()?;
    let in_force = in_force(maintenance, SystemTime::now()).is_some();
    Some(settings::of_maintenance(maintenance, in_force, is_exempt(maintenance, view)))
}

/// The choice among destinations.
pub(super) fn split_said(split: &Split, explained: &Explained<'_>) -> SplitSaid {
    let sticky = split.sticky().as_ref();
    let key = if let Decides::Key { value, .. } = &explained.by { Some(value.clone()) } else { None };
    let shares = explained.shares.iter().enumerate().map(|(position, share)| ShareSaid {
        name: share.name.to_owned(),
        weight: share.weight,
        share: share.share,
        draw: share.bucket.map(|bucket| bucket.draw),
        score: share.bucket.map(|bucket| bucket.score),
        chosen: explained.destination == Some(position),
    });
    let cohort = sticky.map(|sticky| sticky.cohort().to_string());
    SplitSaid { by: explained.by.told(split), cohort, key, shares: shares.collect() }
}

/// The chosen destination, or those that chance can choose.
pub(super) fn possible<'a>(
    split: &'a Split,
    explained: Option<&Explained<'_>>,
) -> impl Iterator<Item = &'a Destination> {
    let chosen = explained.and_then(|explained| explained.destination);
    let all = split.destinations().iter().enumerate();
    all.filter(move |(position, destination)| match chosen {
        Some(chosen) => chosen == *position,
        None => *destination.weight() > 0,
    })
    .map(|(_, destination)| destination)
}

/// What becomes of what can go to these destinations: why nowhere, if so.
pub(super) fn nowhere(lacks: Vec<Option<Reason>>) -> Option<Reason> {
    let nowhere = lacks.iter().all(Option::is_some);
    lacks.into_iter().flatten().next().or(Some(Reason::NoEndpoint)).filter(|_| nowhere)
}

/// What is forwarded.
pub(super) fn passed_on() -> Outcome {
    Outcome { action: "forward", route: None, place: None, status: None, reason: None, fields: Vec::new() }
}

/// A destination, and why none of its endpoints can be chosen, if so.
pub(super) fn destination_said(
    snapshot: &Snapshot,
    destination: &Destination,
    settings: Vec<Setting>,
    sent: Option<Sent>,
) -> Option<(DestinationSaid, Option<Reason>)> {
    let cluster = snapshot.config().cluster(*destination.cluster())?;
    let subset = destination.subset().and_then(|position| cluster.subsets().get(position));
    let live = snapshot.cluster(*destination.cluster())?;
    let set = live.endpoints(*destination.subset());
    let endpoints = endpoints(set);
    let standing = live.name().map(|name| name.state().standing());
    // a table that nobody runs has no addresses, and is not to blame for it
    let lack = (endpoints.is_empty() && standing != Some(Standing::Unasked)).then(|| live.lack());
    let lack = lack.or_else(|| set.is_unhealthy().then_some(Reason::NoHealthyEndpoint));
    let dns = live.name().zip(standing);
    let said = DestinationSaid {
        name: destination.name().clone(),
        cluster: cluster.name().clone(),
        subset: subset.map(|subset| subset.name().clone()),
        dns: dns.map(|(name, standing)| format!("{} ({})", name.dns().query(), words::standing(standing))),
        endpoints,
        lack: lack.map(Reason::code),
        settings,
        sent,
    };
    Some((said, lack))
}

fn endpoints(set: &EndpointSet) -> Vec<EndpointSaid> {
    set.members()
        .filter(|(_, weight)| *weight > 0)
        .map(|(state, weight)| EndpointSaid {
            address: state.address().to_string(),
            weight,
            active: state.active(),
            health: Some(state.health().get())
                .filter(|health| *health != Health::Unchecked)
                .map(Health::code),
        })
        .collect()
}
