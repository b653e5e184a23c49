//! HTTP/1.1 by hand, as far as an upgrade needs it.

use std::io;
use std::net::SocketAddr;

use anyhow::{Context, ensure};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use towpath_proxy::codec::h1::websocket;

use super::frames;
use crate::client::{Client, Request};

/// The longest line of a head.
const LINE_BYTES_MAX: u64 = 16 * 1024;

/// The lines of a head; none when the peer has ended.
///
/// # Errors
/// When the connection fails.
pub async fn read_head(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        (&mut *stream).take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await?;
        match String::from_utf8_lossy(line.trim_ascii_end()).into_owned() {
            line if line.is_empty() => return Ok(lines),
            line => lines.push(line),
        }
    }
}

/// The value of a field.
pub fn value<'a>(head: &'a [String], name: &str) -> Option<&'a str> {
    let fields = head.iter().skip(1).filter_map(|line| line.split_once(':'));
    fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}

/// Asks for a page and gives what stands there.
///
/// # Errors
/// When there is no good answer.
pub async fn get(web: SocketAddr, path: &str) -> anyhow::Result<String> {
    let answer = Client::new(web).send(Request { method: "GET", path, ..Request::default() }).await?;
    let text = String::from_utf8_lossy(&answer.body).trim().to_owned();
    ensure!(answer.status == 200, "{}: {text}", answer.status);
    Ok(text)
}

/// Says something by WebSocket and gives what comes back.
///
/// # Errors
/// When there is no WebSocket, or it does not come back.
pub async fn websocket(web: SocketAddr, path: &str, text: &str) -> anyhow::Result<String> {
    let key = websocket::new_key(&mut fastrand::Rng::new());
    let mut stream = BufReader::new(TcpStream::connect(web).await?);
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: {web}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: {}\r\n\r\n",
        String::from_utf8_lossy(&key),
    );
    stream.write_all(head.as_bytes()).await?;
    let head = read_head(&mut stream).await?;
    let status = head.first().and_then(|line| line.split(' ').nth(1)).context("no answer")?;
    ensure!(status == "101", "{status}");
    let accept = value(&head, websocket::ACCEPT).unwrap_or_default();
    ensure!(accept.as_bytes() == websocket::accept(&key), "another key was answered");
    frames::write(&mut stream, text, Some(fastrand::u32(..).to_be_bytes())).await?;
    let back = frames::read(&mut stream).await?;
    stream.shutdown().await?;
    Ok(back)
}
