//! What is said of a connection of a TCP listener. Nothing is decided here: every judgement is that of live traffic.

use towpath_config::model::{Action, Listener, ListenerId};

use super::explanation::{ConnectionSaid, DestinationSaid, Explanation, Outcome};
use super::parts::{candidate, destination_said, maintenance, nowhere, passed_on, possible, split_said};
use super::settings;
use crate::codec::fields::Fields;
use crate::exchange::decide::Way;
use crate::exchange::passage::{Passage, decide, view};
use crate::outcome::Reason;
use crate::route::split::{self, Explained};
use crate::route::why::why;
use crate::snapshot::Snapshot;
use crate::sys::memory::Pressure;
use crate::sys::stream::Origin;

/// What would become of a connection that comes from there.
pub(super) fn explain(
    snapshot: &Snapshot,
    pressure: Pressure,
    (id, listener): (ListenerId, &Listener),
    origin: Origin,
) -> Explanation {
    let config = snapshot.config();
    let nothing = Fields::default();
    let view = view(id, origin, &nothing);
    let mut way = Way::default();
    let decided = decide(snapshot, &view, pressure, &mut fastrand::Rng::new(), &mut way);
    let route = way.route.and_then(|route| config.route(route));
    let explained = route.and_then(|route| match route.action() {
        Action::Forward(forward) => Some((forward.split(), split::explain(forward.split(), &view))),
        Action::Redirect(_) | Action::Respond(_) => None,
    });
    let (outcome, destinations) = match decided {
        Ok(passage) => forwarded(snapshot, &passage, explained.as_ref().map(|(_, explained)| explained)),
        Err(reason) => (closed(reason), Vec::new()),
    };
    Explanation {
        listener: listener.name().clone(),
        request: None,
        connection: Some(ConnectionSaid { client: origin.to_string() }),
        outcome: Outcome {
            route: route.map(|route| route.name().clone()),
            place: route.map(|route| route.place().to_string()),
            ..outcome
        },
        candidates: why(config, config.connection_order(), &view)
            .iter()
            .filter_map(|verdict| candidate(config, verdict))
            .collect(),
        maintenance: route.and_then(|route| maintenance(route, &view)),
        split: explained.map(|(split, explained)| split_said(split, &explained)),
        destinations,
        settings: settings::of_tcp_listener(listener)
            .into_iter()
            .chain(settings::of_access_logs(config.process()))
            .collect(),
    }
}

fn closed(reason: Reason) -> Outcome {
    Outcome { action: "close", reason: Some(reason.code()), ..passed_on() }
}

fn forwarded(
    snapshot: &Snapshot,
    passage: &Passage<'_>,
    explained: Option<&Explained<'_>>,
) -> (Outcome, Vec<DestinationSaid>) {
    let (destinations, lacks): (Vec<_>, Vec<_>) = possible(passage.forward.split(), explained)
        .filter_map(|destination| {
            let cluster = snapshot.config().cluster(*destination.cluster())?;
            let settings = settings::of_tcp_destination(destination.policy(), cluster);
            destination_said(snapshot, destination, settings, None)
        })
        .unzip();
    (nowhere(lacks).map_or_else(passed_on, closed), destinations)
}

#[cfg(test)]
mod tests;
