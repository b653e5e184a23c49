//! The answer to a question. Nothing is decided here: every judgement is that of live traffic.

use std::sync::Arc;
use std::time::SystemTime;

use towpath_config::model::{Action, Config, Listener, Route, Split};

use super::explanation::{
    CandidateSaid, DestinationSaid, EndpointSaid, Explanation, Outcome, RequestSaid, Sent, ShareSaid,
    SplitSaid,
};
use super::question::Question;
use super::settings;
use crate::admin::words;
use crate::codec::h1::read_request;
use crate::codec::message::RequestHead;
use crate::codec::outgoing::Outgoing;
use crate::exchange::decide::{Decision, Way, decide};
use crate::exchange::outgoing;
use crate::exchange::subject::{Subject, head_limits, plain_path};
use crate::filter::forwarded::{Peer, client, given_request_id};
use crate::filter::maintenance::{in_force, is_exempt};
use crate::filter::reply::LocalReply;
use crate::outcome::Reason;
use crate::route::RequestView;
use crate::route::split::{self, Decides, Explained};
use crate::route::why::{Finding, Verdict, why};
use crate::snapshot::Snapshot;
use crate::sys::memory::Pressure;
use crate::upstream::balance::EndpointSet;
use crate::upstream::names::Standing;

#[cfg(test)]
mod tests;

/// What would become of a request at this pressure on memory.
///
/// # Errors
/// The question is about no request: an unknown listener, text that ends its line.
pub fn explain(
    snapshot: &Arc<Snapshot>,
    pressure: Pressure,
    question: &Question,
) -> Result<Explanation, String> {
    let (id, listener) = question.listener(snapshot)?;
    let bytes = question.head(listener)?;
    let mut head = RequestHead::default();
    if let Err(reason) = read_request(&bytes, &head_limits(listener), &mut head) {
        return Ok(refused(reason, listener));
    }
    let mut made = String::new();
    let path = match plain_path(&head, listener, &mut made) {
        Ok(path) => path,
        Err(reason) => return Ok(refused(reason, listener)),
    };
    let peer = Peer::new(question.origin(listener));
    let view = RequestView {
        listener: id,
        host: head.host(),
        method: head.method(),
        path,
        query: head.query(),
        fields: &head.fields,
        source: client(&head.fields, &peer, *listener.trusted_hops()),
    };
    let request_id = given_request_id(&head).unwrap_or("(a new one)");
    Ok(judged(&Subject { snapshot, listener, head: &head, view, request_id, pressure }, &peer))
}

fn refused(reason: Reason, listener: &Listener) -> Explanation {
    Explanation {
        listener: listener.name().clone(),
        request: None,
        outcome: replied(&reason.into()),
        candidates: Vec::new(),
        maintenance: None,
        split: None,
        destinations: Vec::new(),
        settings: settings::of_listener(listener),
    }
}

fn judged(subject: &Subject<'_>, peer: &Peer) -> Explanation {
    let config = subject.snapshot.config();
    let mut way = Way::default();
    let decided = decide(subject, &mut fastrand::Rng::new(), &mut way);
    let route = way.route.and_then(|route| config.route(route));
    let explained = route.and_then(|route| match route.action() {
        Action::Forward(forward) => Some((forward.split(), split::explain(forward.split(), &subject.view))),
        Action::Redirect(_) | Action::Respond(_) => None,
    });
    let mut settings = settings::of_listener(subject.listener);
    if let Some(edits) = decided.as_ref().err().and_then(|reply| reply.edits) {
        settings.extend(settings::of_edits("response", edits));
    }
    let (outcome, destinations) = match decided {
        Ok(decision) => {
            forwarded(subject, peer, decision, explained.as_ref().map(|(_, explained)| explained))
        }
        Err(reply) => (replied(&reply), Vec::new()),
    };
    Explanation {
        listener: subject.listener.name().clone(),
        request: Some(understood(subject)),
        outcome: Outcome {
            route: route.map(|route| route.name().clone()),
            place: route.map(|route| route.place().to_string()),
            ..outcome
        },
        candidates: why(config, &subject.view)
            .iter()
            .filter_map(|verdict| candidate(config, verdict))
            .collect(),
        maintenance: route.and_then(|route| maintenance(route, subject)),
        split: explained.map(|(split, explained)| split_said(split, &explained)),
        destinations,
        settings,
    }
}

fn understood(subject: &Subject<'_>) -> RequestSaid {
    RequestSaid {
        client: subject.view.source.to_string(),
        method: subject.view.method.to_owned(),
        host: subject.view.host.to_owned(),
        path: subject.view.path.to_owned(),
        query: subject.view.query.map(str::to_owned),
    }
}

fn replied(reply: &LocalReply<'_>) -> Outcome {
    Outcome {
        action: "reply",
        route: None,
        place: None,
        status: Some(reply.status),
        reason: Some(reply.reason.code()),
        fields: reply.fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
    }
}

fn candidate(config: &Config, verdict: &Verdict) -> Option<CandidateSaid> {
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

fn maintenance(route: &Route, subject: &Subject<'_>) -> Option<super::explanation::Setting> {
    let maintenance = route.maintenance().as_ref()?;
    let in_force = in_force(maintenance, SystemTime::now()).is_some();
    Some(settings::of_maintenance(maintenance, in_force, is_exempt(maintenance, &subject.view)))
}

fn split_said(split: &Split, explained: &Explained<'_>) -> SplitSaid {
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

/// What is said of a request that goes on: to the chosen destination, or to any that chance can choose.
fn forwarded<'a>(
    subject: &Subject<'a>,
    peer: &Peer,
    mut decision: Decision<'a>,
    explained: Option<&Explained<'_>>,
) -> (Outcome, Vec<DestinationSaid>) {
    let chosen = explained.and_then(|explained| explained.destination);
    let all = decision.forward.split().destinations().iter().enumerate();
    let possible = all.filter(|(position, destination)| match chosen {
        Some(chosen) => chosen == *position,
        None => *destination.weight() > 0,
    });
    let (destinations, lacks): (Vec<_>, Vec<_>) = possible
        .filter_map(|(_, destination)| {
            decision.destination = destination;
            said(subject, peer, &decision)
        })
        .unzip();
    let nowhere = lacks.iter().all(Option::is_some);
    let reason = lacks.into_iter().flatten().next().or(Some(Reason::NoEndpoint)).filter(|_| nowhere);
    let outcome = Outcome {
        action: if nowhere { "reply" } else { "forward" },
        route: None,
        place: None,
        status: reason.map(Reason::status),
        reason: reason.map(Reason::code),
        fields: Vec::new(),
    };
    (outcome, destinations)
}

/// A destination, and why none of its endpoints can be chosen, if so.
fn said(
    subject: &Subject<'_>,
    peer: &Peer,
    decision: &Decision<'_>,
) -> Option<(DestinationSaid, Option<Reason>)> {
    let destination = decision.destination;
    let cluster = subject.snapshot.config().cluster(*destination.cluster())?;
    let subset = destination.subset().and_then(|position| cluster.subsets().get(position));
    let live = subject.snapshot.cluster(*destination.cluster())?;
    let endpoints = endpoints(live.endpoints(*destination.subset()));
    let standing = live.name().map(|name| name.state().standing());
    // a table that nobody runs has no addresses, and is not to blame for it
    let lack = (endpoints.is_empty() && standing != Some(Standing::Unasked)).then(|| live.lack());
    let dns = live.name().zip(standing);
    let said = DestinationSaid {
        name: destination.name().clone(),
        cluster: cluster.name().clone(),
        subset: subset.map(|subset| subset.name().clone()),
        dns: dns.map(|(name, standing)| format!("{} ({})", name.dns().query(), words::standing(standing))),
        endpoints,
        lack: lack.map(Reason::code),
        settings: settings::of_destination(decision.forward, destination.policy(), cluster),
        sent: sent(subject, peer, decision),
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
        })
        .collect()
}

fn sent(subject: &Subject<'_>, peer: &Peer, decision: &Decision<'_>) -> Sent {
    let (mut out, mut rewritten) = (Outgoing::default(), String::new());
    outgoing::request(subject, decision, peer, &subject.values(Some(decision)), &mut out);
    let uri = subject.uri(decision, &mut rewritten).concat();
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let fields = out.fields(&subject.head.fields).map(|field| (lossy(field.name), lossy(field.value)));
    Sent { line: format!("{} {uri}", subject.view.method), fields: fields.collect() }
}
