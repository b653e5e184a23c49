//! HTTP/2 with prior knowledge, a connection for each question.

use std::future::poll_fn;
use std::net::SocketAddr;

use anyhow::{Context, ensure};
use bytes::Bytes;
use h2::client::SendRequest;
use h2::ext::Protocol;
use http::{HeaderMap, Method, Request};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::spawn_local;
use towpath_proxy::codec::body::Framing;
use towpath_proxy::codec::h1::websocket;
use towpath_proxy::codec::h2::{Receiving, Sending, Tunnel};

use super::frames;

/// An answer to its end.
#[derive(Debug)]
pub struct Answer {
    pub body: Vec<u8>,
    pub trailers: HeaderMap,
}

async fn connect(web: SocketAddr) -> anyhow::Result<SendRequest<Bytes>> {
    let (client, connection) = h2::client::handshake(TcpStream::connect(web).await?).await?;
    // how it ends shows in the answer
    spawn_local(async move { connection.await.unwrap_or_default() });
    Ok(client.ready().await?)
}

fn request(method: Method, web: SocketAddr, path: &str) -> anyhow::Result<Request<()>> {
    Ok(Request::builder().method(method).uri(format!("http://{web}{path}")).body(())?)
}

/// Asks for a page and gives what stands there.
///
/// # Errors
/// When there is no good answer.
pub async fn get(web: SocketAddr, path: &str) -> anyhow::Result<String> {
    let answer = ask(web, request(Method::GET, web, path)?, Bytes::new()).await?;
    Ok(String::from_utf8_lossy(&answer.body).trim().to_owned())
}

/// Calls a method of a service by gRPC, with a message as it is framed.
///
/// # Errors
/// When there is no good answer.
pub async fn call(web: SocketAddr, method: &str, message: Bytes) -> anyhow::Result<Answer> {
    let mut request = request(Method::POST, web, method)?;
    let fields = [("content-type", "application/grpc"), ("te", "trailers")];
    for (name, value) in fields {
        request.headers_mut().insert(name, http::HeaderValue::from_static(value));
    }
    ask(web, request, message).await
}

async fn ask(web: SocketAddr, request: Request<()>, body: Bytes) -> anyhow::Result<Answer> {
    let (answer, mut sending) = connect(web).await?.send_request(request, body.is_empty())?;
    if !body.is_empty() {
        sending.send_data(body, true)?;
    }
    let answer = answer.await?;
    let status = answer.status();
    let early = answer.headers().clone();
    let mut receiving = answer.into_body();
    let mut body = Vec::new();
    while let Some(chunk) = receiving.data().await {
        let chunk = chunk?;
        receiving.flow_control().release_capacity(chunk.len())?;
        body.extend_from_slice(&chunk);
    }
    ensure!(status == 200, "{}: {}", status.as_u16(), String::from_utf8_lossy(&body).trim());
    // an answer without a body has its trailers in its head
    let trailers = receiving.trailers().await?.unwrap_or(early);
    Ok(Answer { body, trailers })
}

/// Says something by WebSocket and gives what comes back.
///
/// # Errors
/// When there is no WebSocket, or it does not come back.
pub async fn websocket(web: SocketAddr, path: &str, text: &str) -> anyhow::Result<String> {
    let mut client = connect(web).await?;
    let mut request = request(Method::CONNECT, web, path)?;
    request.extensions_mut().insert(Protocol::from_static(websocket::NAME));
    request.headers_mut().insert("sec-websocket-version", http::HeaderValue::from_static("13"));
    let (answer, sending) = client.send_request(request, false)?;
    let answer = answer.await?;
    ensure!(answer.status() == 200, "{}", answer.status().as_u16());
    let mut receiving = Receiving::new(answer.into_body(), None);
    let mut sending = Sending::new(sending, Framing::UntilClose);
    let mut tunnel = Tunnel { receiving: &mut receiving, sending: &mut sending };
    frames::write(&mut tunnel, text, Some(fastrand::u32(..).to_be_bytes())).await?;
    let back = frames::read(&mut tunnel).await?;
    tunnel.shutdown().await?;
    // the stream is whole when the other side has ended as well
    poll_fn(|cx| towpath_proxy::codec::body::Source::poll_fill(&mut receiving, cx))
        .await
        .ok()
        .context("no end in order")?;
    Ok(back)
}
