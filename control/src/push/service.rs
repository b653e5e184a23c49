//! The gRPC server: two methods, each a stream.

#![expect(
    clippy::disallowed_methods,
    reason = "streams are served by whichever thread is free: there are no workers here"
)]

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::Grpc;
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use towpath_config::server::Times;
use towpath_wire::{self as wire, method, telemetry};

use super::arrival::{Arrivals, From};
use super::fleet::Fleet;
use super::report;
use super::stream::{self, Terms};

/// Streams that one connection may have open: those who simulate a fleet share connections.
const STREAMS_PER_CONNECTION: u32 = 4096;

/// The share of its age by which a stream may end earlier or later.
const AGE_JITTER: f64 = 0.1;

/// What it takes to serve proxies.
pub struct Serving {
    /// Where they come.
    pub listener: TcpListener,
    /// Who they are.
    pub fleet: Fleet,
    /// Times of the server.
    pub times: Times,
    /// Becomes true when the server ends.
    pub ending: watch::Receiver<bool>,
}

/// Serves proxies until the server ends and their streams have.
///
/// # Errors
/// When the transport fails as a whole.
pub async fn serve(serving: Serving) -> Result<(), tonic::transport::Error> {
    let Serving { listener, fleet, times, ending } = serving;
    let arrivals = Arrivals::new(listener, fleet.limits().streams, std::sync::Arc::clone(fleet.meters()));
    let mut end = ending.clone();
    let server = tonic::transport::Server::builder()
        .http2_keepalive_interval(Some(*times.keepalive()))
        .http2_keepalive_timeout(Some(*times.keepalive_timeout()))
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .initial_stream_window_size(64 << 10)
        .initial_connection_window_size(1 << 20)
        .http2_max_header_list_size(16 << 10);
    let service = Methods { fleet, age: *times.stream_age(), ending };
    server.serve_with_incoming_shutdown(service, arrivals, async move { stream::ended(&mut end).await }).await
}

/// The methods, by their paths.
#[derive(Clone)]
struct Methods {
    fleet: Fleet,
    age: Option<Duration>,
    ending: watch::Receiver<bool>,
}

impl Service<http::Request<Body>> for Methods {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let methods = self.clone();
        let most = self.fleet.limits().message_bytes;
        Box::pin(async move {
            Ok(match request.uri().path() {
                method::DISCOVERY => {
                    let codec = ProstCodec::<wire::Response, wire::Request>::default();
                    let mut grpc = Grpc::new(codec)
                        .max_decoding_message_size(most)
                        .max_encoding_message_size(usize::MAX);
                    grpc.streaming(Discovery(methods), request).await
                }
                method::TELEMETRY => {
                    let codec = ProstCodec::<telemetry::Directive, telemetry::Telemetry>::default();
                    let mut grpc = Grpc::new(codec).max_decoding_message_size(most);
                    grpc.streaming(Reports(methods), request).await
                }
                path => Status::unimplemented(format!("there is no {path} here")).into_http(),
            })
        })
    }
}

struct Discovery(Methods);

impl Service<Request<Streaming<wire::Request>>> for Discovery {
    type Response = Response<ReceiverStream<Result<wire::Response, Status>>>;
    type Error = Status;
    type Future = std::future::Ready<Result<Self::Response, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Streaming<wire::Request>>) -> Self::Future {
        let Methods { fleet, age, ending } = self.0.clone();
        let address = address(&request);
        let (outbox, answers) = mpsc::channel(1);
        let terms = Terms { age: age.map(|age| spread(age, address)), ending };
        tokio::spawn(stream::serve(fleet, terms, address, request.into_inner(), outbox));
        std::future::ready(Ok(Response::new(ReceiverStream::new(answers))))
    }
}

struct Reports(Methods);

impl Service<Request<Streaming<telemetry::Telemetry>>> for Reports {
    type Response = Response<ReceiverStream<Result<telemetry::Directive, Status>>>;
    type Error = Status;
    type Future = std::future::Ready<Result<Self::Response, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Streaming<telemetry::Telemetry>>) -> Self::Future {
        let Methods { fleet, ending, .. } = self.0.clone();
        let (wishes, answers) = mpsc::channel(1);
        tokio::spawn(report::serve(fleet, ending, request.into_inner(), wishes));
        std::future::ready(Ok(Response::new(ReceiverStream::new(answers))))
    }
}

fn address<T>(request: &Request<T>) -> SocketAddr {
    let from = request.extensions().get::<From>().and_then(|from| from.0);
    from.unwrap_or_else(|| SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0))
}

/// An age, up to a tenth more or less: those who came together need not go together.
fn spread(age: Duration, address: SocketAddr) -> Duration {
    use std::hash::{BuildHasher, RandomState};
    // a number that nobody can foresee, without a generator of its own
    let drawn = RandomState::new().hash_one(address);
    let share = (drawn >> 11) as f64 / (1_u64 << 53) as f64;
    age.mul_f64(1.0 - AGE_JITTER + 2.0 * AGE_JITTER * share)
}
