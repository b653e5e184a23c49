//! A control server that says what the test says, and notes what it hears.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::Grpc;
use tonic::{Status, Streaming};
use tonic_prost::ProstCodec;
use towpath_wire::telemetry::{Directive, Telemetry};
use towpath_wire::{Cache, Kind, Limits, Request, Resources, Response, Session, View, method};

use crate::support::eventually;

/// What it has to say, by type and name.
pub type Said = BTreeMap<(Kind, String), String>;

#[derive(Debug, Default)]
struct Heard {
    streams: AtomicU32,
    resources: AtomicUsize,
    rejected: Mutex<BTreeMap<(Kind, String), String>>,
    settled: Mutex<Option<Said>>,
    reports: Mutex<Vec<Telemetry>>,
}

/// A running server. Its streams end when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    said: watch::Sender<Said>,
    silent: Arc<watch::Sender<bool>>,
    heard: Arc<Heard>,
    runtime: Option<tokio::runtime::Runtime>,
}

#[derive(Debug, Clone)]
struct Script {
    said: watch::Receiver<Said>,
    silent: watch::Receiver<bool>,
    heard: Arc<Heard>,
}

impl Server {
    /// Starts with these resources.
    pub fn start(resources: &[(Kind, &str, &str)]) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), resources)
    }

    /// Starts where another one was.
    pub fn start_at(address: SocketAddr, resources: &[(Kind, &str, &str)]) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (said, heard) = (watch::Sender::new(Said::new()), Arc::<Heard>::default());
        let silent = Arc::new(watch::Sender::new(false));
        let script = Script { said: said.subscribe(), silent: silent.subscribe(), heard: Arc::clone(&heard) };
        let listener = runtime.block_on(TcpListener::bind(address)).expect("a port");
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            let incoming = TcpListenerStream::new(listener);
            let server = tonic::transport::Server::builder();
            let _ = { server }.serve_with_incoming_shutdown(script, incoming, std::future::pending()).await;
        });
        let server = Self { address, said, silent, heard, runtime: Some(runtime) };
        server.put(resources);
        server
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Adds or changes resources.
    pub fn put(&self, resources: &[(Kind, &str, &str)]) {
        self.said.send_modify(|said| {
            for (kind, name, text) in resources {
                said.insert((*kind, (*name).to_owned()), (*text).to_owned());
            }
        });
    }

    /// Takes resources away.
    pub fn remove(&self, resources: &[(Kind, &str)]) {
        self.said.send_modify(|said| {
            for (kind, name) in resources {
                said.remove(&(*kind, (*name).to_owned()));
            }
        });
    }

    /// Says nothing more, or speaks again.
    pub fn hush(&self, silent: bool) {
        self.silent.send_replace(silent);
    }

    /// Waits until a proxy has judged all that there is for it.
    pub fn settled(&self) {
        let said = self.said.borrow().clone();
        eventually("all is judged", || {
            (self.heard.settled.lock().unwrap().as_ref() == Some(&said)).then_some(())
        });
    }

    /// Streams that came so far.
    pub fn streams(&self) -> u32 {
        self.heard.streams.load(Ordering::SeqCst)
    }

    /// Resources that were sent so far.
    pub fn resources(&self) -> usize {
        self.heard.resources.load(Ordering::SeqCst)
    }

    /// Waits for the reason by which a resource is rejected.
    pub fn rejection(&self, kind: Kind, name: &str) -> String {
        eventually(&format!("{name} is rejected"), || {
            self.heard.rejected.lock().unwrap().get(&(kind, name.to_owned())).cloned()
        })
    }

    /// Whether a resource is rejected now.
    pub fn rejects(&self, kind: Kind, name: &str) -> bool {
        self.heard.rejected.lock().unwrap().contains_key(&(kind, name.to_owned()))
    }

    /// The reports that came so far.
    pub fn reports(&self) -> Vec<Telemetry> {
        self.heard.reports.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // streams end as those of a killed process do
        self.runtime.take().unwrap().shutdown_background();
    }
}

fn view(cache: &mut Cache, said: &Said) -> Arc<View> {
    let mut view = View::default();
    for kind in Kind::ALL {
        let of_kind = said.iter().filter(|((of, _), _)| *of == kind);
        let list: Vec<_> = of_kind.map(|((_, name), text)| cache.resource(kind, name, text)).collect();
        view = view.with(kind, Resources::new(list));
    }
    Arc::new(view)
}

impl Script {
    async fn serve(
        mut self,
        mut requests: Streaming<Request>,
        outbox: mpsc::Sender<Result<Response, Status>>,
    ) {
        self.heard.streams.fetch_add(1, Ordering::SeqCst);
        let mut cache = Cache::default();
        let mut said = self.said.borrow_and_update().clone();
        let mut session = Session::new(Limits::default(), view(&mut cache, &said));
        loop {
            let now = Instant::now();
            while !*self.silent.borrow_and_update()
                && let Some(response) = session.poll(now)
            {
                self.heard.resources.fetch_add(response.resources(), Ordering::SeqCst);
                if outbox.send(Ok(response)).await.is_err() {
                    return;
                }
            }
            let rejections = session.rejections();
            *self.heard.rejected.lock().unwrap() = rejections
                .map(|(kind, name, rejection)| ((kind, name.to_owned()), rejection.reason.to_string()))
                .collect();
            *self.heard.settled.lock().unwrap() = session.is_settled().then(|| said.clone());
            let wake = session.wake(now).map(tokio::time::Instant::from_std);
            tokio::select! {
                request = requests.message() => match request {
                    Ok(Some(request)) => _ = session.request(&request).expect("a sane client"),
                    Ok(None) | Err(_) => return,
                },
                Ok(()) = self.said.changed() => {
                    said = self.said.borrow_and_update().clone();
                    session.publish(view(&mut cache, &said));
                }
                Ok(()) = self.silent.changed() => {}
                () = async { tokio::time::sleep_until(wake.unwrap()).await }, if wake.is_some() => {}
            }
        }
    }

    async fn hear(self, mut reports: Streaming<Telemetry>, outbox: mpsc::Sender<Result<Directive, Status>>) {
        while let Ok(Some(report)) = reports.message().await {
            self.heard.reports.lock().unwrap().push(report);
        }
        drop(outbox);
    }
}

impl Service<http::Request<Body>> for Script {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let script = self.clone();
        Box::pin(async move {
            Ok(match request.uri().path() {
                method::DISCOVERY => {
                    let codec = ProstCodec::<Response, Request>::default();
                    Grpc::new(codec).streaming(Discovery(script), request).await
                }
                method::TELEMETRY => {
                    let codec = ProstCodec::<Directive, Telemetry>::default();
                    Grpc::new(codec).streaming(Reports(script), request).await
                }
                _ => Status::unimplemented("not here").into_http(),
            })
        })
    }
}

struct Discovery(Script);
struct Reports(Script);

macro_rules! streaming {
    ($name:ident, $from:ty, $to:ty, $serve:ident) => {
        impl Service<tonic::Request<Streaming<$from>>> for $name {
            type Response = tonic::Response<ReceiverStream<Result<$to, Status>>>;
            type Error = Status;
            type Future = std::future::Ready<Result<Self::Response, Status>>;

            fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
                Poll::Ready(Ok(()))
            }

            fn call(&mut self, request: tonic::Request<Streaming<$from>>) -> Self::Future {
                let (outbox, answers) = mpsc::channel(1);
                tokio::spawn(self.0.clone().$serve(request.into_inner(), outbox));
                std::future::ready(Ok(tonic::Response::new(ReceiverStream::new(answers))))
            }
        }
    };
}

streaming!(Discovery, Request, Response, serve);
streaming!(Reports, Telemetry, Directive, hear);
