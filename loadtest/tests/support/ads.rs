//! A control server that is a script: one mesh, which every stream is told, and an API that changes one route.

#![allow(clippy::disallowed_methods, reason = "there are no workers here")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::thread;

use envoy_types::pb::envoy::service::discovery::v3::aggregated_discovery_service_server::{
    AggregatedDiscoveryService, AggregatedDiscoveryServiceServer,
};
use envoy_types::pb::envoy::service::discovery::v3::{
    DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse, Resource,
};
use envoy_types::pb::google::protobuf::value::Kind;
use envoy_types::pb::google::protobuf::{Any, Struct};
use prost::Message;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, mpsc};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

const TYPES: &str = "type.googleapis.com/towpath.v1.";

/// What the server has seen.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub connections: usize,
    pub streams: usize,
    pub acknowledged: usize,
    /// Id, namespace and the label `app`.
    pub identities: BTreeSet<(String, String, String)>,
    /// Names that were subscribed to.
    pub names: BTreeSet<String>,
    /// Documents that the API was given.
    pub applied: Vec<String>,
}

#[derive(Debug, Clone)]
struct Script {
    seen: Arc<Mutex<Seen>>,
    /// The version of the route `shop/a`, whenever it changes.
    changes: broadcast::Sender<u64>,
}

/// A server, which runs until the tests end.
#[derive(Debug)]
pub struct Server {
    pub address: SocketAddr,
    pub api: SocketAddr,
    script: Script,
}

impl Server {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let script = Script { seen: Arc::default(), changes: broadcast::channel(16).0 };
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let served = script.clone();
        thread::spawn(move || runtime.block_on(serve(served, listener)));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let api = listener.local_addr().unwrap();
        let asked = script.clone();
        thread::spawn(move || listener.incoming().flatten().for_each(|stream| change(&asked, stream)));
        Self { address, api, script }
    }

    pub fn seen(&self) -> Seen {
        self.script.seen.lock().unwrap().clone()
    }
}

async fn serve(script: Script, listener: TcpListener) {
    let seen = Arc::clone(&script.seen);
    let arrivals = TcpListenerStream::new(listener).map(move |stream| {
        seen.lock().unwrap().connections += 1;
        stream
    });
    let arrivals: Pin<Box<dyn Stream<Item = std::io::Result<TcpStream>> + Send>> = Box::pin(arrivals);
    let service = AggregatedDiscoveryServiceServer::new(script);
    tonic::transport::Server::builder().serve_with_incoming(service, arrivals).await.unwrap();
}

/// The API: whatever is posted changes the route.
fn change(script: &Script, mut stream: std::net::TcpStream) {
    let mut text = String::new();
    let mut bytes = [0; 4096];
    while !text.ends_with('\n') || text.ends_with("\r\n\r\n") {
        let count = stream.read(&mut bytes).unwrap();
        text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    assert!(text.starts_with("POST /api/v1/apply?namespace=default HTTP/1.1\r\n"), "{text}");
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    let mut seen = script.seen.lock().unwrap();
    seen.applied.push(body.to_owned());
    let _ = script.changes.send(seen.applied.len() as u64);
    drop(seen);
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").unwrap();
}

/// The mesh: names and texts by type, response by response.
fn mesh(kind: &str) -> Vec<Vec<(&'static str, &'static str)>> {
    match kind {
        "Settings" => vec![vec![("shop/settings", "{}")]],
        "Cluster" => vec![vec![("shop/c", "{}")]],
        "Endpoints" => vec![vec![("shop/c", r#"["127.0.0.1:1"]"#)]],
        "Listener" => vec![vec![("shop/web", r#"{"address":"127.0.0.1:0"}"#)]],
        "Route" => vec![vec![("shop/a", r#"{"to":"c"}"#)], vec![("shop/b", r#"{"to":"c"}"#)]],
        "Host" => vec![vec![("shop/a.example.com", r#"{"routes":["shop/a"],"clusters":["shop/c"]}"#)]],
        kind => panic!("no type {kind}"),
    }
}

fn resource(kind: &str, (name, text): (&str, &str), version: &str) -> Resource {
    // `{ string text = 1; }`
    let mut value = vec![10, u8::try_from(text.len()).unwrap()];
    value.extend_from_slice(text.as_bytes());
    let body = Any { type_url: format!("{TYPES}{kind}"), value };
    Resource {
        name: name.to_owned(),
        version: version.to_owned(),
        resource: Some(body),
        ..Resource::default()
    }
}

/// One stream: per type, what is still to be said, one response in flight.
#[derive(Default)]
struct Told {
    nonce: u64,
    waiting: HashMap<String, Vec<DeltaDiscoveryResponse>>,
    in_flight: BTreeMap<String, String>,
}

impl Told {
    fn ask(&mut self, request: &DeltaDiscoveryRequest) {
        let kind = request.type_url.strip_prefix(TYPES).unwrap();
        let wanted =
            |name: &str| request.resource_names_subscribe.iter().any(|one| one == "*" || one == name);
        let known = |name: &str| request.initial_resource_versions.contains_key(name);
        let pieces = mesh(kind).into_iter().map(|piece| {
            let piece = piece.into_iter().filter(|(name, _)| wanted(name) && !known(name));
            piece.map(|one| resource(kind, one, "0")).collect::<Vec<_>>()
        });
        let mut pieces: Vec<_> = pieces.filter(|piece| !piece.is_empty()).collect();
        if pieces.is_empty() {
            pieces.push(Vec::new());
        }
        let last = pieces.len() - 1;
        for (position, resources) in pieces.into_iter().enumerate() {
            self.say(kind, resources, if position < last { "more" } else { "" });
        }
    }

    fn say(&mut self, kind: &str, resources: Vec<Resource>, more: &str) {
        let response = DeltaDiscoveryResponse {
            type_url: format!("{TYPES}{kind}"),
            system_version_info: more.to_owned(),
            resources,
            ..DeltaDiscoveryResponse::default()
        };
        self.waiting.entry(response.type_url.clone()).or_default().push(response);
    }

    fn next(&mut self) -> Option<DeltaDiscoveryResponse> {
        let free = |(kind, waiting): &(&String, &mut Vec<_>)| {
            !waiting.is_empty() && !self.in_flight.contains_key(*kind)
        };
        let (_, waiting) = self.waiting.iter_mut().find(free)?;
        let mut response = waiting.remove(0);
        self.nonce += 1;
        response.nonce = self.nonce.to_string();
        self.in_flight.insert(response.type_url.clone(), response.nonce.clone());
        Some(response)
    }
}

async fn tell(
    script: Script,
    mut requests: Streaming<DeltaDiscoveryRequest>,
    outbox: mpsc::Sender<Result<DeltaDiscoveryResponse, Status>>,
) {
    let mut told = Told::default();
    let mut changes = script.changes.subscribe();
    loop {
        tokio::select! {
            request = requests.message() => {
                let Ok(Some(request)) = request else { return };
                script.note(&request);
                if !request.response_nonce.is_empty() {
                    assert_eq!(told.in_flight.remove(&request.type_url), Some(request.response_nonce.clone()));
                }
                if !request.resource_names_subscribe.is_empty() {
                    told.ask(&request);
                }
            }
            Ok(version) = changes.recv() => {
                let changed = resource("Route", ("shop/a", r#"{"to":"c"}"#), &version.to_string());
                told.say("Route", vec![changed], "");
            }
        }
        while let Some(response) = told.next() {
            // what is sent can be read back by whoever has the message's definition
            assert!(response.encoded_len() > 0);
            if outbox.send(Ok(response)).await.is_err() {
                return;
            }
        }
    }
}

impl Script {
    fn note(&self, request: &DeltaDiscoveryRequest) {
        let mut seen = self.seen.lock().unwrap();
        assert!(request.error_detail.is_none());
        seen.acknowledged += usize::from(!request.response_nonce.is_empty());
        seen.names.extend(request.resource_names_subscribe.iter().cloned());
        if let Some(place) = &request.node {
            seen.streams += 1;
            let metadata = place.metadata.as_ref().unwrap();
            let Some(Kind::StructValue(labels)) = &metadata.fields["labels"].kind else {
                panic!("{metadata:?}")
            };
            seen.identities.insert((place.id.clone(), text(metadata, "namespace"), text(labels, "app")));
        }
    }
}

fn text(fields: &Struct, name: &str) -> String {
    match fields.fields.get(name).map(|field| &field.kind) {
        Some(Some(Kind::StringValue(text))) => text.clone(),
        _ => String::new(),
    }
}

#[tonic::async_trait]
impl AggregatedDiscoveryService for Script {
    type StreamAggregatedResourcesStream = ReceiverStream<Result<DiscoveryResponse, Status>>;
    type DeltaAggregatedResourcesStream = ReceiverStream<Result<DeltaDiscoveryResponse, Status>>;

    async fn stream_aggregated_resources(
        &self,
        _: Request<Streaming<DiscoveryRequest>>,
    ) -> Result<Response<Self::StreamAggregatedResourcesStream>, Status> {
        Err(Status::unimplemented("delta only"))
    }

    async fn delta_aggregated_resources(
        &self,
        request: Request<Streaming<DeltaDiscoveryRequest>>,
    ) -> Result<Response<Self::DeltaAggregatedResourcesStream>, Status> {
        let (outbox, responses) = mpsc::channel(1);
        tokio::spawn(tell(self.clone(), request.into_inner(), outbox));
        Ok(Response::new(ReceiverStream::new(responses)))
    }
}
