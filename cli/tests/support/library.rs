//! Endpoints that speak HTTP/2 as the crate `h2` does.

#![allow(clippy::disallowed_methods, reason = "the endpoints here are no workers")]

use std::net::{SocketAddr, TcpListener};
use std::thread;

use bytes::Bytes;

/// Starts an endpoint of the crate `h2`, that answers each request so.
pub fn library<F: Future<Output = ()> + 'static>(
    serve: impl Fn(http::Request<h2::RecvStream>, h2::server::SendResponse<Bytes>) -> F + Send + Clone + 'static,
) -> SocketAddr {
    library_for(100, serve)
}

/// The same, for so many requests at once on a connection.
pub fn library_for<F: Future<Output = ()> + 'static>(
    streams: u32,
    serve: impl Fn(http::Request<h2::RecvStream>, h2::server::SendResponse<Bytes>) -> F + Send + Clone + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let serve = serve.clone();
                tokio::task::spawn_local(async move {
                    let mut builder = h2::server::Builder::new();
                    let greeted = builder.max_concurrent_streams(streams).handshake::<_, Bytes>(stream).await;
                    let Ok(mut connection) = greeted else { return };
                    while let Some(Ok((request, respond))) = connection.accept().await {
                        tokio::task::spawn_local(serve(request, respond));
                    }
                });
            }
        });
    });
    address
}
