//! A proxy of which only the wire is real: it takes what it is sent, or does not, as the test says.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status, Streaming};
use tonic_prost::ProstCodec;
use towpath_wire::telemetry::{Directive, Telemetry};
use towpath_wire::{self as wire, Batch, Client, Identity, Kind, Upsert, method};

use crate::support::PATIENCE;

/// One stream of a proxy.
pub struct Peer {
    client: Client,
    requests: mpsc::Sender<wire::Request>,
    responses: Streaming<wire::Response>,
    /// What it has taken.
    pub held: BTreeMap<(Kind, Arc<str>), Arc<str>>,
    /// Resources that it was sent.
    pub sent: usize,
}

/// A connection to a server.
pub async fn connect(address: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.expect("it listens")
}

/// Who a proxy of the namespace `shop` says it is.
pub fn identity(id: &str) -> Identity {
    Identity {
        id: id.into(),
        namespace: "shop".into(),
        labels: BTreeMap::new(),
        locality: String::new(),
        version: "0.1.0".into(),
    }
}

const ALL: [Kind; 5] = [Kind::Settings, Kind::Cluster, Kind::Endpoints, Kind::Listener, Kind::Route];

impl Peer {
    /// Opens a stream on which it wants all that it may see.
    pub async fn open(channel: &Channel, id: &str) -> Self {
        let mut client = Client::new(identity(id));
        for kind in ALL {
            client.subscribe_all(kind);
        }
        Self::begin(channel, client, BTreeMap::new()).await
    }

    /// The same, of a proxy with these labels.
    pub async fn labelled(channel: &Channel, id: &str, labels: &[(&str, &str)]) -> Self {
        let labels = labels.iter().map(|(name, label)| ((*name).to_owned(), (*label).to_owned())).collect();
        let mut client = Client::new(Identity { labels, ..identity(id) });
        for kind in ALL {
            client.subscribe_all(kind);
        }
        Self::begin(channel, client, BTreeMap::new()).await
    }

    /// Opens a stream on which it wants these by name, and nothing else.
    pub async fn open_for(channel: &Channel, id: &str, kind: Kind, names: &[&str]) -> Self {
        let mut client = Client::new(identity(id));
        client.subscribe(kind, names.iter().copied());
        Self::begin(channel, client, BTreeMap::new()).await
    }

    /// Opens a stream anew, with what it holds.
    pub async fn reopen(self, channel: &Channel) -> Self {
        let Self { mut client, held, .. } = self;
        client.disconnected();
        Self::begin(channel, client, held).await
    }

    async fn begin(
        channel: &Channel,
        mut client: Client,
        held: BTreeMap<(Kind, Arc<str>), Arc<str>>,
    ) -> Self {
        let (requests, outgoing) = mpsc::channel(64);
        for request in client.connected() {
            requests.send(request).await.unwrap();
        }
        let mut grpc = Grpc::new(channel.clone()).max_decoding_message_size(64 << 20);
        grpc.ready().await.unwrap();
        let codec = ProstCodec::<wire::Request, wire::Response>::default();
        let path = PathAndQuery::from_static(method::DISCOVERY);
        let answer = grpc.streaming(Request::new(ReceiverStream::new(outgoing)), path, codec).await;
        Self { client, requests, responses: answer.expect("it answers").into_inner(), held, sent: 0 }
    }

    /// The next message, or why there is none any more.
    pub async fn next(&mut self) -> Result<Batch, Status> {
        let message = timeout(PATIENCE, self.responses.message()).await.expect("something comes");
        let message = message?.ok_or_else(|| Status::cancelled("the end"))?;
        self.sent += message.resources();
        Ok(self.client.response(message).expect("a sane server"))
    }

    /// Takes a batch, without what `rejects` has a reason against.
    pub async fn judge(&mut self, batch: &Batch, rejects: impl Fn(&Upsert) -> Option<String>) {
        let reasons: Vec<_> =
            batch.upserts.iter().filter_map(|one| Some((one.name.to_string(), rejects(one)?))).collect();
        for name in &batch.removals {
            self.held.remove(&(batch.kind, Arc::clone(name)));
        }
        for one in batch.upserts.iter().filter(|one| rejects(one).is_none()) {
            self.held.insert((batch.kind, Arc::clone(&one.name)), Arc::clone(&one.text));
        }
        if let Some(verdict) = self.client.verdict(batch, &reasons) {
            // where the stream has ended, reading says so
            let _ = self.requests.send(verdict).await;
        }
    }

    /// Takes what comes until it holds what is wanted.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        self.until_but(what, |_| None, holds).await;
    }

    /// The same, without what `rejects` has a reason against.
    pub async fn until_but(
        &mut self,
        what: &str,
        rejects: impl Fn(&Upsert) -> Option<String>,
        holds: impl Fn(&Self) -> bool,
    ) {
        while !holds(self) {
            match self.next().await {
                Ok(batch) => self.judge(&batch, &rejects).await,
                Err(status) => panic!("{what}: {status}"),
            }
        }
    }

    /// The text of a route that it holds.
    pub fn route(&self, name: &str) -> Option<&str> {
        self.held.get(&(Kind::Route, name.into())).map(|text| &**text)
    }

    /// Subscribes to these by name too.
    pub async fn want(&mut self, kind: Kind, names: &[&str]) {
        if let Some(request) = self.client.subscribe(kind, names.iter().copied()) {
            self.requests.send(request).await.unwrap();
        }
    }

    /// Whether it has heard all that the server knows.
    pub fn is_synced(&self) -> bool {
        self.client.is_synced()
    }

    /// Says the same thing so often.
    pub async fn flood(&self, times: usize) {
        for _ in 0..times {
            let request = Client::new(identity("x")).subscribe_all(Kind::Route);
            assert!(request.is_none(), "nothing is spontaneous before a connection");
            let mut client = Client::new(identity("x"));
            client.subscribe_all(Kind::Route);
            for request in client.connected() {
                if self.requests.send(request).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Opens a stream of reports.
pub async fn report(channel: &Channel) -> (mpsc::Sender<Telemetry>, Streaming<Directive>) {
    let (reports, outgoing) = mpsc::channel(8);
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.unwrap();
    let codec = ProstCodec::<Telemetry, Directive>::default();
    let path = PathAndQuery::from_static(method::TELEMETRY);
    let answer = grpc.streaming(Request::new(ReceiverStream::new(outgoing)), path, codec).await;
    (reports, answer.expect("it answers").into_inner())
}
