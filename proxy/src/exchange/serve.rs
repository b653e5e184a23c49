//! One request, from its head to its record.

use std::rc::Rc;

use tokio::time::Instant;
use towpath_config::model::Policy;

use super::caller::{AnswerHead, Caller, Ending, HostCheck, Visit};
use super::decide::{Decision, decide};
use super::outgoing;
use super::record::Record;
use super::respond;
use super::subject::{Subject, plain_path};
use super::trace;
use crate::codec::body::Source;
use crate::codec::h1::Asked;
use crate::codec::message::ResponseHead;
use crate::codec::outgoing::Outgoing;
use crate::codec::scratch::{Scratch, Texts};
use crate::filter::deadline::Clock;
use crate::filter::forwarded::{given_request_id, new_request_id};
use crate::filter::reply::Refused;
use crate::filter::transform::{self, Lender, Transform};
use crate::forward::admit::admit;
use crate::forward::order::{Order, announcement};
use crate::forward::retry::is_again;
use crate::forward::tries::Tries;
use crate::forward::tunnel::{End, upgraded};
use crate::forward::{Answered, send};
use crate::local::Local;
use crate::observe::stats::Counter;
use crate::outcome::Reason;
use crate::sys::timer::Timer;
use crate::upstream::attempt::RequestLine;

mod demand;

use demand::serve_known;

/// What an exchange writes into while it goes on.
struct Memory<'a> {
    request_out: &'a mut Outgoing,
    response: &'a mut ResponseHead,
    response_out: &'a mut Outgoing,
    rewritten: &'a mut String,
}

/// Serves the request whose head stands in `scratch` and whose body `caller` gives.
pub async fn serve<C: Caller>(
    local: &Rc<Local>,
    visit: &Visit<'_>,
    scratch: &mut Scratch,
    caller: &mut C,
) -> Ending {
    if let (HostCheck::Not, Some(hosts)) = (visit.host, local.shared().hosts()) {
        return Box::pin(serve_known(local, hosts, visit, scratch, caller)).await;
    }
    let started = Instant::now();
    let Scratch { request, request_out, response, response_out, texts } = scratch;
    let Texts { path, rewritten, request_id } = texts;
    let id = given_request_id(request).unwrap_or_else(|| {
        local.with_rng(|rng| new_request_id(rng, request_id));
        request_id.as_slice()
    });
    let plain = match visit.host {
        HostCheck::Unknown(reason) => Err(reason),
        HostCheck::Known | HostCheck::Not => plain_path(request, visit.listener.1, path),
    };
    let subject = Subject::new(visit, request, plain.unwrap_or_default(), id);
    let mut record = Record::begin(local, visit, Some(&subject), started);
    let memory = Memory { request_out, response, response_out, rewritten };
    let outcome = match plain {
        Ok(_) => carry(local, visit, &subject, memory, caller, &mut record).await,
        Err(reason) => Err(reason.into()),
    };
    match outcome {
        Ok(ending) => ending,
        Err(mut reply) => {
            if subject.is_grpc {
                reply.speak_grpc();
            }
            trace::onto_reply(local, &subject, record.way, &mut reply);
            // after what cannot be read in one way only, nothing more is read
            let last = visit.last || reply.reason == Reason::BadRequest || subject.head.is_connect();
            let visit = Visit { last, ..*visit };
            respond::local(&reply, &subject, &visit, caller, &mut record).await
        }
    }
}

/// Decides, sends, and passes the answer on.
async fn carry<'a, C: Caller>(
    local: &Rc<Local>,
    visit: &Visit<'_>,
    subject: &Subject<'a>,
    memory: Memory<'_>,
    caller: &mut C,
    record: &mut Record<'_>,
) -> Result<Ending, Refused<'a>> {
    let Memory { request_out, response, response_out, rewritten } = memory;
    let decision = local.with_rng(|rng| decide(subject, rng, &mut record.way))?;
    let mut values = subject.values(Some(&decision));
    let asked =
        local.with_rng(|rng| outgoing::request(subject, &decision, visit.peer, &values, rng, request_out));
    let uri = subject.uri(&decision, rewritten);
    let mut order = order(subject, &decision, request_out, (&uri, asked), record.started)?;
    // what it holds is given back when the answer is passed on
    let _admitted = admit(local, order.cluster, order.live, **decision.route.importance())?;
    order.announcement = announcement(order.cluster, visit.peer, || caller.addresses());
    let mut place = None;
    let permitted = &decision.permitted;
    let sent = send(local, permitted, &mut order, caller, visit.timer, response, &mut place).await;
    record.tried(order.tries.number());
    let answered = sent?;
    values.endpoint = Some(answered.active.endpoint().address());
    outgoing::response(subject.head.version, response, &decision, &values, response_out);
    let tunnel = asked.is_granted(response.status);
    let mut transform = match &**order.destination.policy().compression() {
        Some(rules) if !tunnel => {
            let lender = lender(local, subject);
            record.reshaped(transform::choose(rules, subject.head, response, response_out, &lender))
        }
        _ => None,
    };
    let by = (answered.active.endpoint().address(), order.tries.number());
    trace::onto_answer(local, subject, record.way, by, record.compression(), (response, response_out));
    record.answered(response, by.0);
    record.answer(&response.fields, response_out);
    // what comes behind a refused CONNECT was meant for the other end, it is no request (RFC 9931)
    let last = visit.is_last(local) || !answered.transfer.is_uploaded() || order.head.is_connect();
    caller.answer(&answer_head(response, response_out, tunnel), last);
    if tunnel {
        let policy = order.destination.policy();
        return Ok(Box::pin(pass_through(local, visit.timer, caller, answered, policy, record)).await);
    }
    Ok(pass_down(local, subject, &order, caller, answered, transform.as_mut(), record).await)
}

/// What the worker lends to what changes bodies.
fn lender<'a>(local: &'a Local, subject: &Subject<'_>) -> Lender<'a> {
    let limit = **subject.snapshot.config().process().limits().compression_bytes();
    Lender { encoders: local.encoders(), buffers: local.buffers(), limit }
}

fn order<'a>(
    subject: &Subject<'a>,
    decision: &Decision<'a>,
    out: &'a mut Outgoing,
    (uri, asked): (&'a [&'a str], Asked),
    started: Instant,
) -> Result<Order<'a>, Reason> {
    let id = *decision.destination.cluster();
    let policy = decision.destination.policy();
    let clock = Clock::of(subject.is_grpc, policy);
    let limit = clock.limit(&subject.head.fields, policy);
    let elsewhere = subject.has_trusted_hop() && is_again(&subject.head.fields);
    Ok(Order {
        head: subject.head,
        out,
        is_grpc: subject.is_grpc,
        line: RequestLine { method: subject.view.method, uri, framing: subject.head.framing, asked },
        destination: decision.destination,
        cluster: subject.snapshot.config().cluster(id).ok_or(Reason::Internal)?,
        live: subject.snapshot.cluster(id).ok_or(Reason::Internal)?,
        announcement: None,
        clock,
        // what ends beyond the end of time has no end
        due: limit.and_then(|limit| started.checked_add(limit)),
        body_timeout: **subject.listener.timeouts().body(),
        tries: Tries::by(policy.retry().as_deref(), elsewhere),
    })
}

fn answer_head<'a>(head: &'a ResponseHead, out: &'a Outgoing, tunnel: bool) -> AnswerHead<'a> {
    let ResponseHead { status, fields, framing, .. } = head;
    // some callers look for one, and HTTP/2 has none
    let phrase = if head.phrase().is_empty() { respond::phrase(*status).as_bytes() } else { head.phrase() };
    AnswerHead { status: *status, phrase, fields, out, framing: *framing, tunnel }
}

/// Passes the body of the answer down. A connection whose answer is whole goes back before the caller is written to.
async fn pass_down<C: Caller>(
    local: &Rc<Local>,
    subject: &Subject<'_>,
    order: &Order<'_>,
    caller: &mut C,
    answered: &mut Answered<'_>,
    mut transform: Option<&mut Transform>,
    record: &mut Record<'_>,
) -> Ending {
    answered.put_back(local);
    let passed = answered.transfer.body(caller, &mut answered.attempt, transform.as_deref_mut()).await;
    answered.put_back(local);
    order.ended(local, &answered.active, passed, answered.attempt.trailers());
    record.transformed(transform.as_deref(), passed.unwrap_or_default());
    record.request_bytes = answered.transfer.uploaded();
    match passed {
        Ok(count) => {
            record.response_bytes = count;
            record.ended(answered.attempt.trailers());
            if answered.transfer.is_uploaded() { Ending::Keep } else { Ending::Close }
        }
        Err(reason) => {
            record.broken(reason);
            respond::break_off(reason, subject, caller)
        }
    }
}

/// Passes bytes in both directions until both sides have ended.
async fn pass_through<C: Caller>(
    local: &Local,
    timer: &Timer,
    caller: &mut C,
    answered: &mut Answered<'_>,
    policy: &Policy,
    record: &mut Record<'_>,
) -> Ending {
    local.stats().add(Counter::Tunnels, 1);
    local.stats().add(Counter::TunnelsOpen, 1);
    let open = Open(local);
    let count = |up, down| {
        record.request_bytes += up;
        record.response_bytes += down;
    };
    let end = upgraded(local, timer, policy.into(), caller, &mut answered.attempt, count).await;
    drop(open);
    record.passed(end.into());
    local.stats().add(Counter::TunnelsTimedOut, (end == End::TimedOut).into());
    if matches!(end, End::Broken(_) | End::Drained) { Ending::Cut } else { Ending::Close }
}

/// A tunnel that is counted as open until dropped.
struct Open<'a>(&'a Local);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.stats().sub(Counter::TunnelsOpen, 1);
    }
}
