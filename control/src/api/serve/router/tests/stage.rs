//! An API in this process, before a server that does what it is told.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Semaphore, broadcast};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;
use towpath_config::{Source, parts, server};

use super::super::{Gate, Service};
use crate::api::Secret;
use crate::api::access::{Guard, Notes};
use crate::api::index::Book;
use crate::api::page::Site;
use crate::api::seam::{
    Change, Control, Durations, Event, EventKind, Events, Finding, Judged, LocalReplies, ObjectStatus,
    Pending, ProxyStatus, Question, Rejection, StageStatus, Standing, Traffic, TrafficCluster,
    TrafficQuestion, TrafficSeries, Truth, WriteFault, Wrote,
};
use crate::documents::{DocumentName, Documents};
use crate::store::{Commit, Committed, Origin, Retention, Signature, Store};

pub const TABLE: &str = "# the shop
listeners: {web: {address: 127.0.0.1:8080}}
routes:
  app: {to: {app/blue: 90, app/green: 10}}  # slowly
clusters:
  app:
    subsets: {blue: {labels: {v: b}}, green: {labels: {v: g}}}
    endpoints: [{address: 127.0.0.1:1, labels: {v: b}}, {address: 127.0.0.1:2, labels: {v: g}}]
";

pub const FOLLOWERS: usize = 2;
const BODY_BYTES: usize = 64 * 1024;
const REQUESTS: usize = 2;
const WAITS: usize = 3;

pub struct Stage {
    scripted: Arc<Scripted>,
    service: Mutex<Service>,
    tokens: Mutex<String>,
    _folder: TempDir,
}

/// A server that takes everything that can be read, and in which everything else happens when a test says so.
struct Scripted {
    store: Store,
    events: broadcast::Sender<Arc<Event>>,
    hangs: AtomicBool,
    settles: AtomicBool,
    is_read_only: AtomicBool,
    overtaken: AtomicUsize,
}

impl Stage {
    pub async fn new(documents: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path(), Retention::default()).expect("a store");
        let pair = |(name, text): &(&str, &str)| (DocumentName::parse(name).expect("a name"), (*text).into());
        let documents: Documents = documents.iter().map(pair).collect();
        if !documents.is_empty() {
            let signature = Signature { who: "test".into(), origin: Origin::Api, message: String::new() };
            store.commit(Commit { expected: None, signature, documents }).await.expect("a first revision");
        }
        let scripted = Arc::new(Scripted {
            store,
            events: broadcast::channel(16).0,
            hangs: AtomicBool::new(false),
            settles: AtomicBool::new(false),
            is_read_only: AtomicBool::new(false),
            overtaken: AtomicUsize::new(0),
        });
        let service = Mutex::new(service(&scripted, "{}"));
        Self { scripted, service, tokens: Mutex::default(), _folder: folder }
    }

    /// From now on tokens are wanted; this is one.
    pub fn token(&self, namespaces: &str, scope: &str) -> String {
        let secret = Secret::generate().expect("chance");
        let mut tokens = self.tokens.lock().unwrap();
        let name = format!("t{}", tokens.len());
        tokens.push_str(&format!(
            "{name}: {{digest: {}, namespaces: {namespaces}, scopes: {scope}}}, ",
            secret.digest()
        ));
        *self.service.lock().unwrap() = service(&self.scripted, &format!("{{{tokens}}}"));
        secret.reveal().to_owned()
    }

    /// Asks, with JSON as body, or with a text as it is.
    pub async fn ask(&self, verb: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut request =
            Request::builder().method(verb.to_uppercase().as_str()).uri(path).header("host", "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Value::Null => Body::empty(),
            Value::String(text) => Body::from(text.clone()),
            value => {
                if !headers.iter().any(|(name, _)| *name == "content-type") {
                    request = request.header("content-type", "application/json");
                }
                Body::from(value.to_string())
            }
        };
        let service = self.service.lock().unwrap().clone();
        let response =
            service.answer(IpAddr::V4(Ipv4Addr::LOCALHOST), request.body(body).expect("a request")).await;
        let (head, body) = response.into_parts();
        let mut pieces = body.into_data_stream();
        let mut body = Vec::new();
        let is_endless = head.headers.get("content-type").is_some_and(|media| media == "text/event-stream");
        while !is_endless && let Some(piece) = pieces.next().await {
            body.extend_from_slice(&piece.expect("a piece"));
        }
        Answer { status: head.status, headers: head.headers, body, rest: is_endless.then_some(pieces) }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("get", path, &[], &Value::Null).await
    }

    pub async fn apply(&self, yaml: &str) -> Answer {
        self.ask("post", "/api/v1/apply", &[("content-type", "application/yaml")], &json!(yaml)).await
    }

    /// The frames of a stream of events.
    pub async fn follow(&self, path: &str) -> Frames {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK);
        Frames(answer.rest.expect("a stream of events"))
    }

    /// The newest text of a document.
    pub fn document(&self, name: &str) -> String {
        let latest = self.scripted.store.latest();
        latest.documents.get(&DocumentName::parse(name).expect("a name")).expect("it is there").to_string()
    }

    pub async fn audit(&self) -> String {
        self.scripted.store.audit(0, 1000).await.expect("lines").join("\n")
    }

    pub fn happen(&self, namespace: Option<&str>, message: &str) {
        let event = Event {
            kind: EventKind::Proxy,
            namespace: namespace.map(str::to_owned),
            time_ms: 1,
            message: message.to_owned(),
            about: json!({}),
        };
        // nobody may be following
        let _ = self.scripted.events.send(Arc::new(event));
    }

    /// From now on nothing is judged any more.
    pub fn hang(&self) {
        self.scripted.hangs.store(true, Ordering::Relaxed);
    }

    /// From now on the fleet has judged everything.
    pub fn settle(&self) {
        self.scripted.settles.store(true, Ordering::Relaxed);
    }

    pub fn read_only(&self) {
        self.scripted.is_read_only.store(true, Ordering::Relaxed);
    }

    /// The next so many writes come second.
    pub fn overtake(&self, count: usize) {
        self.scripted.overtaken.store(count, Ordering::Relaxed);
    }
}

fn service(scripted: &Arc<Scripted>, tokens: &str) -> Service {
    let source = Source::new("control.yaml", format!("source: store\ntokens: {tokens}\n"));
    let settings = server::settings(&source, &|_| None).expect("settings");
    let site = Site {
        control: Arc::<Scripted>::clone(scripted),
        store: scripted.store.clone(),
        book: Book::default(),
        counters: Arc::default(),
        notes: Notes::default(),
        followers: Arc::new(Semaphore::new(FOLLOWERS)),
    };
    let gate = Gate {
        site: Arc::new(site),
        guard: Guard::new(settings.tokens().clone()),
        body_bytes: BODY_BYTES,
        patience: Duration::from_secs(30),
    };
    Service::new(gate, REQUESTS, WAITS)
}

/// An answer, read whole unless it has no end.
pub struct Answer {
    pub status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    rest: Option<BodyDataStream>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("text")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|fault| panic!("{fault}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    pub fn media(&self) -> &str {
        self.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default()
    }

    pub fn is_problem(&self, detail: &str) {
        assert_eq!(self.media(), "application/problem+json");
        let found = self.json();
        assert!(found["detail"].as_str().expect("a text").contains(detail), "{found}");
        assert_eq!(found["status"], json!(self.status.as_u16()));
    }
}

pub struct Frames(BodyDataStream);

impl Frames {
    pub async fn next(&mut self) -> Option<String> {
        let frame = self.0.next().await?.expect("a frame");
        Some(String::from_utf8(frame.to_vec()).expect("text").trim_end().to_owned())
    }
}

/// Every document that cannot be read, or has the word `nowhere`, which names what is not there.
fn findings(documents: &Documents) -> Vec<Finding> {
    let finding = |file: &DocumentName, standing, message: String| Finding {
        file: file.to_string(),
        line: 1,
        column: 1,
        standing,
        message,
        help: None,
    };
    let of = |(name, text): (&DocumentName, &Arc<str>)| match parts::cut(&Source::new(
        name.as_str(),
        text.clone(),
    )) {
        Err(faults) => Some(finding(name, Standing::Rejected, faults.to_string())),
        Ok(_) if text.contains("nowhere") => {
            Some(finding(name, Standing::Waiting, "no cluster `nowhere`".into()))
        }
        Ok(_) => None,
    };
    documents.iter().filter_map(of).collect()
}

impl Control for Scripted {
    fn truth(&self) -> Arc<Truth> {
        let latest = self.store.latest();
        let findings = findings(&latest.documents);
        Arc::new(Truth { revision: latest.number(), documents: latest.documents.clone(), findings })
    }

    fn judge(&self, documents: Documents, compare: bool) -> Pending<'_, Result<Judged, WriteFault>> {
        Box::pin(async move {
            if self.hangs.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            let tables = ["routes: {a: {to: x}}", "routes: {a: {to: y}}"].map(|routes| {
                let text = format!(
                    "{routes}\nclusters: {{x: {{endpoints: [127.0.0.1:1]}}, y: {{endpoints: [127.0.0.1:2]}}}}"
                );
                towpath_config::compile(&Source::new("a", text), &|_| None).expect("a table").into_config()
            });
            let changes = towpath_config::diff(&tables[0], &tables[1]).into_iter();
            let changes = changes.filter(|_| compare).map(|change| ("default".to_owned(), change)).collect();
            Ok(Judged { findings: findings(&documents), changes })
        })
    }

    fn write(&self, change: Change) -> Pending<'_, Result<Wrote, WriteFault>> {
        Box::pin(async move {
            let latest = self.store.latest();
            if self.is_read_only.load(Ordering::Relaxed) {
                return Err(WriteFault::ReadOnly { reason: "the directory is read-only".into() });
            }
            let Change { written, expected, signature } = change;
            let is_second =
                self.overtaken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
            if is_second.is_ok() || expected.is_some_and(|expected| expected != latest.number()) {
                return Err(WriteFault::Conflict { current: latest.number() });
            }
            let documents = latest.documents.with(&written);
            let committed = self.store.commit(Commit { expected, signature, documents }).await;
            let is_new = matches!(committed.expect("it is stored"), Committed::Revision(_));
            Ok(Wrote { revision: self.store.latest().number(), is_new })
        })
    }

    fn proxies(&self) -> Vec<ProxyStatus> {
        vec![ProxyStatus {
            id: "p7".into(),
            namespace: "default".into(),
            labels: [("app".to_owned(), "web".to_owned())].into(),
            locality: None,
            address: "127.0.0.1:4000".into(),
            agent: "towpath/0.1.0".into(),
            connected: true,
            since_ms: 5,
            revision: Some(1),
            pending: 0,
            rejected: vec![Rejection {
                kind: "route".into(),
                name: "app".into(),
                reason: "no such thing".into(),
            }],
            waiting: Vec::new(),
        }]
    }

    fn objects(&self) -> Vec<ObjectStatus> {
        vec![ObjectStatus {
            namespace: "default".into(),
            kind: "route".into(),
            name: "app".into(),
            version: "0123456789abcdef".into(),
            proxies: 1,
            applied: 0,
            rejected: [("p7".to_owned(), "no such thing".to_owned())].into(),
            waiting: Vec::new(),
        }]
    }

    fn stage(&self) -> Option<StageStatus> {
        None
    }

    fn settled<'a>(&'a self, _: Question<'a>) -> Pending<'a, Result<(), String>> {
        Box::pin(async move {
            if !self.settles.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    }

    fn events(&self) -> Events {
        let events = BroadcastStream::new(self.events.subscribe());
        Box::pin(events.map(|event| match event {
            Ok(event) => Ok((*event).clone()),
            Err(BroadcastStreamRecvError::Lagged(missed)) => Err(missed),
        }))
    }

    fn traffic(&self, question: &TrafficQuestion) -> Traffic {
        let series = TrafficSeries {
            namespace: "default".into(),
            requests: 3,
            durations: Durations { p50_ms: Some(1.5), ..Default::default() },
            ..Default::default()
        };
        let cluster = TrafficCluster {
            namespace: "shop".to_owned(),
            cluster: "checkout".to_owned(),
            counts: [("towpath_upstream_retries".to_owned(), 1)].into(),
        };
        let replies =
            LocalReplies { namespace: "pay".to_owned(), reasons: [("no-host".to_owned(), 1)].into() };
        Traffic {
            seconds: question.window.as_secs_f64(),
            proxies: 1,
            series: vec![series],
            clusters: vec![cluster],
            local_replies: vec![replies],
            left_out: 0,
        }
    }

    fn ready(&self) -> Result<(), String> {
        Ok(())
    }

    fn exposition(&self) -> String {
        "towpath_control_proxies 1\n".into()
    }
}
