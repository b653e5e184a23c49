use std::sync::Arc;
use std::time::{Duration, Instant};

use super::*;
use crate::cache::{Cache, Resources, View};
use crate::kind::Kind;
use crate::message::{MORE, Request, Response, Status, decode};
use crate::version::Version;

mod model;
mod obligations;
mod order;

/// One stream, and what may be seen.
struct Stream {
    session: Session,
    cache: Cache,
    view: View,
    now: Instant,
    /// The nonce of the last response of each type.
    nonces: Vec<(Kind, String)>,
}

impl Stream {
    /// A stream of someone who sees this: names and texts.
    fn new(kind: Kind, resources: &[(&str, &str)]) -> Self {
        Self::limited(Limits::default(), kind, resources)
    }

    fn limited(limits: Limits, kind: Kind, resources: &[(&str, &str)]) -> Self {
        let session = Session::new(limits, Arc::new(View::default()));
        let mut stream = Self {
            session,
            cache: Cache::default(),
            view: View::default(),
            now: Instant::now(),
            nonces: Vec::new(),
        };
        stream.change(kind, resources);
        stream.publish();
        stream
    }

    /// From the next publication on, these are all resources of this type.
    fn change(&mut self, kind: Kind, resources: &[(&str, &str)]) {
        let resources = resources.iter().map(|(name, text)| self.cache.resource(kind, name, text));
        self.view = self.view.clone().with(kind, Resources::new(resources));
    }

    fn publish(&mut self) {
        self.session.publish(Arc::new(self.view.clone()));
    }

    fn show(&mut self, kind: Kind, resources: &[(&str, &str)]) {
        self.change(kind, resources);
        self.publish();
    }

    fn say(&mut self, request: &Request) -> Heard {
        self.session.request(request).unwrap()
    }

    /// All that the server sends now, a line for each response.
    fn hear(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(response) = self.session.poll(self.now) {
            let kind = response.kind().unwrap();
            self.nonces.retain(|(other, _)| *other != kind);
            self.nonces.push((kind, response.nonce.clone()));
            lines.push(line(kind, &response));
        }
        lines
    }

    fn nonce(&self, kind: Kind) -> String {
        self.nonces.iter().find(|(other, _)| *other == kind).unwrap().1.clone()
    }

    /// Acknowledges the last response of this type, and gives what comes then.
    fn ack(&mut self, kind: Kind) -> Vec<String> {
        let request = Request { response_nonce: self.nonce(kind), ..about(kind) };
        assert_eq!(self.say(&request), Heard::Acknowledged(kind));
        self.hear()
    }

    fn nack(&mut self, kind: Kind, message: &str) -> Heard {
        let error_detail = Some(Status { code: 3, message: message.to_owned() });
        self.say(&Request { response_nonce: self.nonce(kind), error_detail, ..about(kind) })
    }

    fn subscribe(&mut self, kind: Kind, names: &[&str]) -> Vec<String> {
        self.say(&subscribe(kind, names));
        self.hear()
    }

    fn unsubscribe(&mut self, kind: Kind, names: &[&str]) -> Vec<String> {
        self.say(&Request { unsubscribe: owned(names), ..about(kind) });
        self.hear()
    }

    fn wait(&mut self, time: Duration) -> Vec<String> {
        self.now += time;
        self.hear()
    }
}

fn about(kind: Kind) -> Request {
    Request { type_url: kind.url().to_owned(), ..Request::default() }
}

fn subscribe(kind: Kind, names: &[&str]) -> Request {
    Request { subscribe: owned(names), ..about(kind) }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// `route a=1 b=2 -c …`: resources, what was removed, and whether more follows.
fn line(kind: Kind, response: &Response) -> String {
    let resources = response.resources.iter().map(|encoded| decode(kind, encoded).unwrap());
    let resources = resources.map(|resource| format!("{}={}", resource.name, resource.body.unwrap().1));
    let removed = response.removed.iter().map(|name| format!("-{name}"));
    let more = (response.system_version == MORE).then(|| "…".to_owned());
    let parts: Vec<_> =
        std::iter::once(kind.name().to_owned()).chain(resources).chain(removed).chain(more).collect();
    parts.join(" ")
}
