//! Both halves, connected by queues, under random histories, compared with what a client should hold.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;

use super::*;
use crate::client::Client;
use crate::identity::Identity;

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
const KINDS: [Kind; 3] = [Kind::Cluster, Kind::Route, Kind::Host];

/// What every client rejects.
const BAD: &str = "bad";

#[derive(Debug, Clone)]
enum Step {
    Put(Kind, &'static str, &'static str),
    Remove(Kind, &'static str),
    Publish,
    SubscribeAll(Kind),
    Subscribe(Kind, Vec<&'static str>),
    Unsubscribe(Kind, Vec<&'static str>),
    /// The client judges the next response.
    Judge,
    /// The server hears the next request.
    Hear,
    Lose,
    Connect,
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let kind = || prop::sample::select(&KINDS[..]);
    let name = || prop::sample::select(&NAMES[..]);
    let names = || prop::collection::vec(name(), 1..3);
    let text = prop::sample::select(&["one", "two", BAD][..]);
    let step = prop_oneof![
        4 => (kind(), name(), text).prop_map(|(kind, name, text)| Step::Put(kind, name, text)),
        2 => (kind(), name()).prop_map(|(kind, name)| Step::Remove(kind, name)),
        3 => Just(Step::Publish),
        1 => kind().prop_map(Step::SubscribeAll),
        3 => (kind(), names()).prop_map(|(kind, names)| Step::Subscribe(kind, names)),
        2 => (kind(), names()).prop_map(|(kind, names)| Step::Unsubscribe(kind, names)),
        6 => Just(Step::Judge),
        6 => Just(Step::Hear),
        1 => Just(Step::Lose),
        2 => Just(Step::Connect),
        1 => (1..7_u64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..80)
}

/// What the proxy wants, as the model sees it.
#[derive(Default)]
struct Wishes {
    wildcards: BTreeSet<Kind>,
    names: BTreeSet<(Kind, &'static str)>,
}

impl Wishes {
    fn cover(&self, kind: Kind, name: &str) -> bool {
        self.wildcards.contains(&kind) || self.names.contains(&(kind, name))
    }
}

/// What is between the two.
#[derive(Default)]
struct Link {
    up: VecDeque<Request>,
    down: VecDeque<Response>,
    /// The nonce in flight of each type, as somebody sees it who looks on.
    flights: BTreeMap<Kind, String>,
}

/// A proxy, a server, and two queues between them.
struct World {
    limits: Limits,
    cache: Cache,
    texts: BTreeMap<(Kind, &'static str), &'static str>,
    view: Arc<View>,
    client: Client,
    wishes: Wishes,
    /// What the proxy runs.
    runs: BTreeMap<(Kind, String), String>,
    session: Option<Session>,
    link: Link,
    sent: usize,
    now: Instant,
}

impl World {
    fn new(response_bytes: usize) -> Self {
        let identity = Identity {
            id: "p1".to_owned(),
            namespace: "shop".to_owned(),
            labels: BTreeMap::new(),
            locality: String::new(),
            version: String::new(),
        };
        Self {
            limits: Limits { response_bytes, ..Limits::default() },
            cache: Cache::default(),
            texts: BTreeMap::new(),
            view: Arc::default(),
            client: Client::new(identity),
            wishes: Wishes::default(),
            runs: BTreeMap::new(),
            session: None,
            link: Link::default(),
            sent: 0,
            now: Instant::now(),
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Put(kind, name, text) => {
                self.texts.insert((kind, name), text);
            }
            Step::Remove(kind, name) => {
                self.texts.remove(&(kind, name));
            }
            Step::Publish => self.publish(),
            Step::SubscribeAll(kind) => {
                self.wishes.wildcards.insert(kind);
                self.link.up.extend(self.client.subscribe_all(kind));
            }
            Step::Subscribe(kind, names) => {
                self.wishes.names.extend(names.iter().map(|name| (kind, *name)));
                self.link.up.extend(self.client.subscribe(kind, names));
            }
            Step::Unsubscribe(kind, names) => {
                self.wishes.names.retain(|(of, name)| *of != kind || !names.contains(name));
                self.link.up.extend(self.client.unsubscribe(kind, names));
                self.runs.retain(|(kind, name), _| self.wishes.cover(*kind, name));
            }
            Step::Judge => self.judge(),
            Step::Hear => self.hear(),
            Step::Lose => self.lose(),
            Step::Connect => self.connect(),
            Step::Wait(seconds) => self.now += Duration::from_secs(seconds),
        }
        self.poll();
    }

    fn publish(&mut self) {
        let mut view = (*self.view).clone();
        for kind in KINDS {
            let texts = self.texts.iter().filter(|((of, _), _)| *of == kind);
            let resources = texts.map(|((_, name), text)| self.cache.resource(kind, name, text));
            view = view.with(kind, Resources::new(resources));
        }
        self.view = Arc::new(view);
        if let Some(session) = &mut self.session {
            session.publish(Arc::clone(&self.view));
        }
        self.cache.sweep();
    }

    fn connect(&mut self) {
        if self.session.is_none() {
            self.session = Some(Session::new(self.limits, Arc::clone(&self.view)));
            self.link.up.extend(self.client.connected());
        }
    }

    fn lose(&mut self) {
        self.session = None;
        self.client.disconnected();
        self.link = Link::default();
    }

    fn hear(&mut self) {
        let (Some(session), Some(request)) = (&mut self.session, self.link.up.pop_front()) else { return };
        self.link.flights.retain(|_, nonce| *nonce != request.response_nonce);
        let heard = session.request(&request).unwrap();
        assert!(!matches!(heard, Heard::Stale(_) | Heard::UnknownType), "{heard:?}");
    }

    fn judge(&mut self) {
        let Some(response) = self.link.down.pop_front() else { return };
        let batch = self.client.response(response).unwrap();
        let mut rejected = Vec::new();
        for upsert in &batch.upserts {
            let name = upsert.name.to_string();
            if &*upsert.text == BAD {
                rejected.push((name, "bad: very\nbad".to_owned()));
            } else {
                self.runs.insert((batch.kind, name), upsert.text.to_string());
            }
        }
        for name in &batch.removals {
            self.runs.remove(&(batch.kind, name.to_string()));
        }
        self.link.up.extend(self.client.verdict(&batch, &rejected));
    }

    fn poll(&mut self) {
        let Some(session) = &mut self.session else { return };
        while let Some(response) = session.poll(self.now) {
            let before = self.link.flights.insert(response.kind().unwrap(), response.nonce.clone());
            assert_eq!(before, None, "one response of a type is in flight");
            self.sent += response.resources();
            self.link.down.push_back(response);
        }
    }

    /// Lets everything happen that is going to happen.
    fn settle(&mut self) {
        self.connect();
        self.poll();
        loop {
            while !self.link.up.is_empty() || !self.link.down.is_empty() {
                self.judge();
                self.hear();
                self.poll();
            }
            let Some(wake) = self.session.as_ref().unwrap().wake(self.now) else { return };
            self.now = wake;
            self.poll();
        }
    }

    /// What may be seen and was subscribed to.
    fn wanted(&self) -> BTreeMap<(Kind, String), String> {
        let texts = self.texts.iter().filter(|((kind, name), _)| self.wishes.cover(*kind, name));
        texts.map(|((kind, name), text)| ((*kind, (*name).to_owned()), (*text).to_owned())).collect()
    }

    fn check(&self) {
        let session = self.session.as_ref().unwrap();
        let wanted = self.wanted();
        let good = |texts: &BTreeMap<_, String>| {
            let good = texts.iter().filter(|(key, _)| wanted.get(key).is_none_or(|text| text != BAD));
            good.map(|(key, text): (&(Kind, String), _)| (key.clone(), text.clone()))
                .collect::<BTreeMap<_, _>>()
        };
        assert_eq!(good(&self.runs), good(&wanted), "it runs what it should");
        assert!(self.runs.values().all(|text| text != BAD));
        assert!(session.is_settled());
        assert!(self.client.is_synced());
        for ((kind, name), text) in &wanted {
            let standing = session.standing(*kind, name);
            let version = Some(Version::of(text));
            assert_eq!(standing.sent, version, "{kind:?} {name}");
            assert_eq!(standing.rejected.map(|rejection| rejection.version), version.filter(|_| text == BAD));
            if text != BAD {
                assert_eq!(standing.acknowledged, version, "{kind:?} {name}");
                assert_eq!(self.client.held(*kind, name), version);
            }
            let runs = self.runs.get(&(*kind, name.clone())).map(|text| Version::of(text));
            assert_eq!(self.client.held(*kind, name), runs, "what it runs is what it says it holds");
        }
        for kind in KINDS {
            let gone = NAMES.iter().filter(|name| !self.runs.contains_key(&(kind, (**name).to_owned())));
            gone.for_each(|name| assert_eq!(self.client.held(kind, name), None, "{kind:?} {name}"));
        }
        let bad = wanted.values().filter(|text| *text == BAD).count();
        assert_eq!(session.rejections().count(), bad);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn in_the_end_a_client_holds_what_it_may_see_and_wants(
        steps in steps(),
        response_bytes in prop::sample::select(&[1, 150, 400, 1 << 20][..]),
    ) {
        let mut world = World::new(response_bytes);
        steps.into_iter().for_each(|step| world.step(step));
        world.publish();
        world.settle();
        world.check();

        // another server with the same resources has nothing to tell but what was rejected
        world.lose();
        world.sent = 0;
        world.settle();
        world.check();
        let bad = world.wanted().values().filter(|text| *text == BAD).count();
        prop_assert_eq!(world.sent, bad, "nothing is sent again that is held");
        prop_assert!(world.cache.bytes() < 100 * NAMES.len() * KINDS.len(), "what nobody holds is forgotten");
    }
}
