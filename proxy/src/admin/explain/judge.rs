//! The answer to a question. Nothing is decided here: every judgement is that of live traffic.

use std::sync::Arc;

use towpath_config::model::{Action, ClusterProtocol, Listener, Protocol};

use super::connection;
use super::explanation::{DestinationSaid, Explanation, Outcome, RequestSaid, Sent};
use super::parts::{candidate, destination_said, maintenance, nowhere, passed_on, possible, split_said};
use super::question::Question;
use super::settings;
use crate::codec::grpc::web;
use crate::codec::h1::{read_request, websocket};
use crate::codec::message::RequestHead;
use crate::codec::outgoing::Outgoing;
use crate::exchange::decide::{Decision, Way, decide};
use crate::exchange::outgoing;
use crate::exchange::subject::{Subject, head_limits, plain_path};
use crate::filter::deadline::Clock;
use crate::filter::forwarded::{Peer, client, given_request_id};
use crate::filter::reply::{LocalReply, Refused};
use crate::outcome::Reason;
use crate::route::RequestView;
use crate::route::split::{self, Explained};
use crate::route::why::why;
use crate::snapshot::Snapshot;
use crate::sys::memory::Pressure;

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
    if *listener.protocol() == Protocol::Tcp {
        if !question.headers.is_empty() {
            return Err("a connection has no headers: leave them out".to_owned());
        }
        return Ok(connection::explain(snapshot, pressure, (id, listener), question.origin(listener)));
    }
    let bytes = question.head(listener)?;
    let mut head = RequestHead::default();
    if let Err(reason) = read_request(&bytes, &head_limits(listener), &mut head) {
        return Ok(refused(reason, listener));
    }
    if **listener.http().grpc_web() {
        web::translate(&mut head);
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
        source: client(&head.fields, &peer, *listener.http().trusted_hops()),
    };
    let request_id = given_request_id(&head).unwrap_or(b"(a new one)");
    let is_grpc = head.is_grpc();
    Ok(judged(&Subject { snapshot, listener, head: &head, view, is_grpc, request_id, pressure }, &peer))
}

fn refused(reason: Reason, listener: &Listener) -> Explanation {
    Explanation {
        listener: listener.name().clone(),
        request: None,
        connection: None,
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
    settings.extend(route.map(settings::of_importance));
    settings.extend(settings::of_access_logs(config.process()));
    let (outcome, destinations) = match decided {
        Ok(decision) => {
            forwarded(subject, peer, decision, explained.as_ref().map(|(_, explained)| explained))
        }
        Err(reply) => (answered(reply, subject), Vec::new()),
    };
    Explanation {
        listener: subject.listener.name().clone(),
        request: Some(understood(subject)),
        connection: None,
        outcome: Outcome {
            route: route.map(|route| route.name().clone()),
            place: route.map(|route| route.place().to_string()),
            ..outcome
        },
        candidates: why(config, config.order(), &subject.view)
            .iter()
            .filter_map(|verdict| candidate(config, verdict))
            .collect(),
        maintenance: route.and_then(|route| maintenance(route, &subject.view)),
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

/// An answer in the words of who asked.
fn answered(mut reply: Refused<'_>, subject: &Subject<'_>) -> Outcome {
    if subject.is_grpc {
        reply.speak_grpc();
    }
    replied(&reply)
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

/// What is said of a request that goes on: to the chosen destination, or to any that chance can choose.
fn forwarded<'a>(
    subject: &Subject<'a>,
    peer: &Peer,
    mut decision: Decision<'a>,
    explained: Option<&Explained<'_>>,
) -> (Outcome, Vec<DestinationSaid>) {
    let (destinations, lacks): (Vec<_>, Vec<_>) = possible(decision.forward.split(), explained)
        .filter_map(|destination| {
            decision.destination = destination;
            let cluster = subject.snapshot.config().cluster(*destination.cluster())?;
            let fields = &subject.head.fields;
            let settings = settings::of_destination(decision.forward, destination.policy(), cluster, fields);
            let sent = sent(subject, peer, &decision, **cluster.protocol());
            destination_said(subject.snapshot, destination, settings, Some(sent))
        })
        .unzip();
    let outcome = nowhere(lacks).map_or_else(passed_on, |reason| answered(reason.into(), subject));
    (outcome, destinations)
}

fn sent(subject: &Subject<'_>, peer: &Peer, decision: &Decision<'_>, protocol: ClusterProtocol) -> Sent {
    let (mut out, mut rewritten) = (Outgoing::default(), String::new());
    let (values, mut rng) = (subject.values(Some(decision)), fastrand::Rng::new());
    let asked = outgoing::request(subject, decision, peer, &values, &mut rng, &mut out);
    let uri = subject.uri(decision, &mut rewritten).concat();
    let policy = decision.destination.policy();
    let clock = Clock::of(subject.is_grpc, policy);
    clock.tell(&subject.head.fields, clock.limit(&subject.head.fields, policy), &mut out);
    let (mut method, mut first) = (subject.view.method, None);
    if protocol == ClusterProtocol::Http2 && asked.is_upgrade() {
        // an extended CONNECT (RFC 8441 §5)
        (method, first) = ("CONNECT", Some((":protocol".to_owned(), websocket::NAME.to_owned())));
        out.remove(&subject.head.fields, b"upgrade");
        out.remove(&subject.head.fields, websocket::KEY.as_bytes());
    }
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let fields = out.fields(&subject.head.fields).map(|field| (lossy(field.name), lossy(field.value)));
    Sent { line: format!("{method} {uri}"), fields: first.into_iter().chain(fields).collect() }
}
