//! A change that the fleet makes itself: documents for the API of the control server.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::failure::Failure;

/// So much of an answer is read.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// What stands in the document for how often it was applied.
const TURN: &str = "{n}";

/// The document with this number of the application in it.
pub fn document(text: &str, turn: u32) -> String {
    text.replace(TURN, &turn.to_string())
}

/// Applies a document in this namespace, and waits for the answer.
///
/// # Errors
/// When the API cannot be asked, or does not say yes.
pub async fn apply(api: SocketAddr, namespace: &str, text: &str, limit: Duration) -> Result<(), Failure> {
    let asked = timeout(limit, ask(api, namespace, text)).await;
    let answer = asked.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let answer = answer.map_err(Failure::system(format!("cannot ask the API at {api}")))?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    if status == "200" {
        return Ok(());
    }
    let body = answer.split_once("\r\n\r\n").map_or(answer.as_str(), |(_, body)| body);
    Err(Failure::Unanswered(format!("the API answered {status}: {body}")))
}

async fn ask(api: SocketAddr, namespace: &str, text: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(api).await?;
    stream.set_nodelay(true)?;
    let length = text.len();
    let head = format!(
        "POST /api/v1/apply?namespace={namespace} HTTP/1.1\r\nhost: {api}\r\nconnection: close\r\n\
         content-type: application/yaml\r\ncontent-length: {length}\r\n\r\n{text}"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
