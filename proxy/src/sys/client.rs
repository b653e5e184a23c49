//! A client of HTTP/1.1 for what stands beside the traffic.

use std::io;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, USER_AGENT};
use hyper_util::rt::TokioIo;

use super::stream::Stream;

/// So much of an answer's body is read, so that the server is not cut off in its middle.
const BODY_BYTES_MAX: usize = 64 << 10;

/// What is read ahead of an answer, and so the size of its head.
const HEAD_BYTES_MAX: usize = 16 << 10;

/// Asks for `path` on a connection that is used for nothing else, and gives the status of the answer, which was read to
/// its end unless it is long.
///
/// # Errors
/// The connection breaks, or the answer cannot be understood.
pub async fn get(stream: Stream, path: &str, host: &str, agent: &str) -> io::Result<u16> {
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_BYTES_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    let request = Request::get(path)
        .header(HOST, host)
        .header(USER_AGENT, agent)
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(io::Error::other)?;
    let asked = async {
        let answer = sender.send_request(request).await?;
        let status = answer.status().as_u16();
        let (mut body, mut read) = (answer.into_body(), 0);
        while let Some(frame) = body.frame().await {
            read += frame?.data_ref().map_or(0, Bytes::len);
            if read > BODY_BYTES_MAX {
                break;
            }
        }
        Ok::<_, hyper::Error>(status)
    };
    tokio::select! {
        status = asked => status.map_err(io::Error::other),
        // it ends before its answer only if it breaks, and then the answer is not waited for
        Err(fault) = connection => Err(io::Error::other(fault)),
    }
}
