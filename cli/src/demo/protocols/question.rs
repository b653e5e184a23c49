//! What is asked, and what the answer has to be.

use std::fmt::{self, Display};
use std::net::SocketAddr;

use anyhow::ensure;
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::services::said;
use super::{http1, http2};

/// What one side speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    Http1,
    Http2,
}

impl Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http1 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        })
    }
}

/// A question, and what client and endpoint speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    Page(Version, Version),
    WebSocket(Version, Version),
    Call,
    Bytes,
}

/// Every question, in the order of the board.
pub const QUESTIONS: [Question; 10] = {
    use Version::{Http1, Http2};
    [
        Question::Page(Http1, Http1),
        Question::Page(Http1, Http2),
        Question::Page(Http2, Http1),
        Question::Page(Http2, Http2),
        Question::WebSocket(Http1, Http1),
        Question::WebSocket(Http1, Http2),
        Question::WebSocket(Http2, Http1),
        Question::WebSocket(Http2, Http2),
        Question::Call,
        Question::Bytes,
    ]
};

/// Where the proxy listens.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    pub web: SocketAddr,
    pub tcp: SocketAddr,
}

/// A message of gRPC: not compressed, of two octets.
const MESSAGE: &[u8] = b"\0\0\0\0\x02hi";

impl Question {
    /// What is asked.
    pub fn what(self) -> &'static str {
        match self {
            Self::Page(..) => "a page",
            Self::WebSocket(..) => "WebSocket",
            Self::Call => "gRPC",
            Self::Bytes => "bytes",
        }
    }

    /// What client and endpoint speak.
    pub fn way(self) -> String {
        match self {
            Self::Page(from, to) | Self::WebSocket(from, to) => format!("{from} → {to}"),
            Self::Call => format!("{0} → {0}", Version::Http2),
            Self::Bytes => "TCP → TCP".to_owned(),
        }
    }

    /// Asks.
    ///
    /// # Errors
    /// When the answer is not what it has to be.
    pub async fn ask(self, places: Places) -> anyhow::Result<()> {
        let Places { web, tcp } = places;
        let (got, wanted) = match self {
            Self::Page(from, to) => {
                let got = match from {
                    Version::Http1 => http1::get(web, path(to)).await?,
                    Version::Http2 => http2::get(web, path(to)).await?,
                };
                (got, said(to, "page"))
            }
            Self::WebSocket(from, to) => {
                let got = match from {
                    Version::Http1 => http1::websocket(web, path(to), "hi").await?,
                    Version::Http2 => http2::websocket(web, path(to), "hi").await?,
                };
                (got, said(to, "hi"))
            }
            Self::Call => {
                let answer = http2::call(web, "/demo.Hello/Say", Bytes::from_static(MESSAGE)).await?;
                ensure!(answer.body == MESSAGE, "another message came back");
                let status = answer.trailers.get("grpc-status").map(|status| status.as_bytes());
                (String::from_utf8_lossy(status.unwrap_or_default()).into_owned(), "0".to_owned())
            }
            Self::Bytes => {
                let mut stream = TcpStream::connect(tcp).await?;
                stream.write_all(b"hi").await?;
                stream.shutdown().await?;
                let mut back = String::new();
                stream.read_to_string(&mut back).await?;
                (back, "hi".to_owned())
            }
        };
        ensure!(got == wanted, "{got:?} came, and not {wanted:?}");
        Ok(())
    }
}

/// Where the service is that speaks this.
fn path(to: Version) -> &'static str {
    match to {
        Version::Http1 => "/http1/page",
        Version::Http2 => "/http2/page",
    }
}
