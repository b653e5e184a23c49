//! What stands behind the proxy: a service of HTTP/1.1 and one of HTTP/2, each of which says what it was asked in and sends
//! back what comes by WebSocket, and one that sends bytes back.

use std::io;
use std::net::TcpListener;

use bytes::Bytes;
use h2::RecvStream;
use h2::server::SendResponse;
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::spawn_local;
use towpath_proxy::codec::body::Framing;
use towpath_proxy::codec::h1::websocket;
use towpath_proxy::codec::h2::{Receiving, Sending, Tunnel};

use super::http1::{read_head, value};
use super::{frames, question::Version};

/// Serves each connection in a task of its own, for as long as the demo lives.
///
/// # Errors
/// When the system takes the socket back.
pub fn start<F: Future<Output = anyhow::Result<()>> + 'static>(
    listener: TcpListener,
    serve: fn(TcpStream) -> F,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    spawn_local(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // a client that goes away is no fault of the service
            spawn_local(async move { serve(stream).await.unwrap_or_default() });
        }
    });
    Ok(())
}

/// Sends back what comes.
pub async fn echo(mut stream: TcpStream) -> anyhow::Result<()> {
    let (mut from, mut to) = stream.split();
    tokio::io::copy(&mut from, &mut to).await?;
    Ok(to.shutdown().await?)
}

/// Speaks HTTP/1.1.
pub async fn http1(stream: TcpStream) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        let head = read_head(&mut stream).await?;
        if head.is_empty() {
            return Ok(());
        }
        if let Some(key) = value(&head, websocket::KEY) {
            let accept = websocket::accept(key.as_bytes());
            let answer = format!(
                "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {}\r\n\r\n",
                String::from_utf8_lossy(&accept),
            );
            stream.write_all(answer.as_bytes()).await?;
            let text = frames::read(&mut stream).await?;
            frames::write(&mut stream, &said(Version::Http1, &text), None).await?;
            return Ok(stream.shutdown().await?);
        }
        let body = said(Version::Http1, "page");
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).await?;
    }
}

/// Speaks HTTP/2.
pub async fn http2(stream: TcpStream) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut builder = h2::server::Builder::new();
    let mut connection = builder.enable_connect_protocol().handshake(stream).await?;
    while let Some(asked) = connection.accept().await {
        let (request, respond) = asked?;
        spawn_local(async move { answer(request, respond).await.unwrap_or_default() });
    }
    Ok(())
}

async fn answer(request: Request<RecvStream>, mut respond: SendResponse<Bytes>) -> anyhow::Result<()> {
    if request.method() == Method::CONNECT {
        let sending = respond.send_response(Response::new(()), false)?;
        let mut receiving = Receiving::new(request.into_body(), None);
        let mut sending = Sending::new(sending, Framing::UntilClose);
        let mut tunnel = Tunnel { receiving: &mut receiving, sending: &mut sending };
        let text = frames::read(&mut tunnel).await?;
        frames::write(&mut tunnel, &said(Version::Http2, &text), None).await?;
        return Ok(tunnel.shutdown().await?);
    }
    if request.method() == Method::GET {
        let body = said(Version::Http2, "page");
        let head = Response::builder().header("content-length", body.len()).body(())?;
        return Ok(respond.send_response(head, false)?.send_data(body.into(), true)?);
    }
    // a call of gRPC: the message comes back, and the status behind it
    let mut body = request.into_body();
    let mut message = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len())?;
        message.extend_from_slice(&chunk);
    }
    let head = Response::builder().header("content-type", "application/grpc").body(())?;
    let mut sending = respond.send_response(head, false)?;
    sending.send_data(message.into(), false)?;
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    Ok(sending.send_trailers(trailers)?)
}

/// What a service says.
pub fn said(version: Version, of: &str) -> String {
    format!("{of} by {version}")
}
