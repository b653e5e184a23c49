//! Live explain: an answer that says how it came about, to whoever may ask. Nothing is decided here; every judgement is
//! that of live traffic.

use std::fmt::{Display, Write};

use towpath_config::model::{Action, Address, Destination, Place, Route};

use super::decide::Way;
use super::subject::Subject;
use crate::codec::fields::Known;
use crate::codec::message::ResponseHead;
use crate::codec::outgoing::Outgoing;
use crate::filter::deadline::Clock;
use crate::filter::reply::LocalReply;
use crate::local::Local;
use crate::observe::stats::Counter;
use crate::outcome::{GrpcStatus, Reason};
use crate::route::{Miss, split, why::misses};

/// The field by which a request asks, and in which its answer says it.
pub const FIELD: &str = "x-towpath-explain";

/// A longer line ends where it would not fit any more: clients bound their heads.
const LINE_BYTES_MAX: usize = 2048;

/// What stands around the names of missed candidates: `; missed=`, `,+` and a count.
const MISSED_AROUND_BYTES_MAX: usize = 32;

/// So many candidates are named that a request missed; more are counted.
const MISSES_MAX: usize = 8;

/// How the exchange came out.
#[derive(Debug, Clone, Copy)]
enum Ended<'a> {
    /// An endpoint answered.
    Answered { endpoint: &'a Address, attempts: u32, compression: Option<&'static str> },
    /// The proxy did.
    Replied { reason: Reason, status: u16, grpc: Option<GrpcStatus> },
}

/// Puts the explanation on an endpoint's answer, if it was asked for.
pub fn onto_answer(
    local: &Local,
    subject: &Subject<'_>,
    way: Way,
    (endpoint, attempts): (&Address, u32),
    compression: Option<&'static str>,
    (head, out): (&ResponseHead, &mut Outgoing),
) {
    if is_asked(local, subject) {
        out.remove(&head.fields, FIELD.as_bytes());
        let ended = Ended::Answered { endpoint, attempts, compression };
        out.add(FIELD.as_bytes(), line(subject, way, ended).as_bytes());
    }
}

/// Puts the explanation on an answer of the proxy itself, if it was asked for.
pub fn onto_reply(local: &Local, subject: &Subject<'_>, way: Way, reply: &mut LocalReply<'_>) {
    if is_asked(local, subject) {
        let ended = Ended::Replied { reason: reply.reason, status: reply.status, grpc: reply.grpc };
        reply.fields.push((FIELD, line(subject, way, ended)));
    }
}

/// Whether the request asks, and comes from where it may.
fn is_asked(local: &Local, subject: &Subject<'_>) -> bool {
    if !subject.head.fields.has(Known::Explain) {
        return false;
    }
    let from = subject.listener.http().explain_from();
    let may = subject.view.source.ip().is_some_and(|ip| from.iter().any(|net| net.contains(&ip)));
    local.stats().add(if may { Counter::Explained } else { Counter::ExplainRefused }, 1);
    may
}

fn line(subject: &Subject<'_>, way: Way, ended: Ended<'_>) -> String {
    let mut line = Line(String::new());
    line.part("table", subject.snapshot.generation());
    if let Ended::Replied { reason, status, grpc } = ended {
        line.part("reply", status);
        line.part("reason", reason.code());
        grpc.inspect(|status| line.part("grpc-status", status));
        if reason == Reason::BadRequest {
            // what cannot be read in one way only was not routed
            return line.0;
        }
    }
    let config = subject.snapshot.config();
    let found = subject.snapshot.index().find(config, &subject.view);
    let route = way.route.and_then(|id| config.route(id));
    if let (Some(route), Ok(found)) = (route, found) {
        let place = route.conditions().get(found.condition).map_or(*route.place(), |held| *held.place());
        line.part("route", format_args!("{}#{}@{}", route.name(), found.condition, Short(place)));
        line.destination(subject, route, way.destination);
    }
    if let Ended::Answered { endpoint, attempts, compression } = ended {
        line.part("endpoint", endpoint);
        line.part("attempts", attempts);
        compression.inspect(|said| line.part("compression", said));
    }
    // a request that went somewhere came past what is about other paths; one that did not, got no further than this
    line.missed(subject, found.err().unwrap_or(Miss::NoMethod));
    line.0
}

/// `name=value`, with `; ` in between.
struct Line(String);

impl Line {
    fn part(&mut self, name: &str, value: impl Display) {
        let mut part = format!("; {name}=");
        // writing to a string cannot fail
        let _ = write!(part, "{value}");
        let text = if self.0.is_empty() { part.trim_start_matches("; ") } else { &part };
        if self.0.len() + text.len() > LINE_BYTES_MAX {
            return;
        }
        let name = text.find('=').unwrap_or_default();
        let plain = |(at, letter): (usize, char)| match letter {
            ';' if at > name => '?',
            ' '..='~' => letter,
            _ => '?',
        };
        self.0.extend(text.char_indices().map(plain));
    }

    fn destination(&mut self, subject: &Subject<'_>, route: &Route, position: Option<usize>) {
        let (Action::Forward(forward), Some(position)) = (route.action(), position) else { return };
        let explained = split::explain(forward.split(), &subject.view);
        let Some(destination) = forward.split().destinations().get(position) else { return };
        self.part("destination", destination.name());
        self.part("by", explained.by.told(forward.split()));
        if let Some(share) = explained.shares.get(position) {
            self.part("share", format_args!("{:.1}%", share.share * 100.0));
            share.bucket.inspect(|bucket| self.part("bucket", format_args!("{:.4}", bucket.draw)));
        }
        self.timeout(subject, destination);
    }

    fn timeout(&mut self, subject: &Subject<'_>, destination: &Destination) {
        let policy = destination.policy();
        let timeout = policy.timeout();
        let limit = Clock::of(subject.is_grpc, policy).limit(&subject.head.fields, policy);
        let place = Short(timeout.place());
        match limit {
            Some(limit) if **timeout != Some(limit) => {
                self.part("timeout", format_args!("{limit:?}@grpc-timeout"));
            }
            Some(limit) => self.part("timeout", format_args!("{limit:?}@{place}")),
            None => self.part("timeout", format_args!("none@{place}")),
        }
    }

    /// The candidates that came before and got at least as far as `stage`.
    fn missed(&mut self, subject: &Subject<'_>, stage: Miss) {
        let mut named = String::new();
        let mut more = 0;
        let room = LINE_BYTES_MAX.saturating_sub(self.0.len() + MISSED_AROUND_BYTES_MAX);
        let misses = misses(subject.snapshot.config(), &subject.view).filter(|miss| miss.stage >= stage);
        for (number, miss) in misses.enumerate() {
            let text = format!("{}:{}@{}", miss.route.name(), miss.stage.code(), Short(miss.place));
            if number >= MISSES_MAX || more > 0 || named.len() + text.len() > room {
                more += 1;
                continue;
            }
            named.extend((number > 0).then_some(','));
            named.push_str(&text);
        }
        match (named.is_empty(), more) {
            (true, 0) => {}
            (_, 0) => self.part("missed", named),
            (_, more) => self.part("missed", format_args!("{named},+{more}")),
        }
    }
}

/// A place as a line number alone.
struct Short(Place);

impl Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Place::BuiltIn => f.write_str("default"),
            Place::At { line, .. } => line.fmt(f),
        }
    }
}
