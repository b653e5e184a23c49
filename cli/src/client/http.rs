//! A small HTTP/1.1 client for the admin port, for the API of a control server, and for the demo: keep-alive, bodies by length, limits on all it reads.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::lines::Lines;

/// The longest head of an answer.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// The longest body of an answer: a whole route table in its long form, and more.
const BODY_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
}

/// What is answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    head: Head,
}

impl Answer {
    /// The first field of this name, which is compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }
}

/// The lines of a head.
#[derive(Debug)]
struct Head {
    lines: Vec<String>,
}

impl Head {
    fn header(&self, name: &str) -> Option<&str> {
        let named =
            |line: &&String| line.split_once(':').is_some_and(|(field, _)| field.eq_ignore_ascii_case(name));
        Some(self.lines.iter().skip(1).find(named)?.split_once(':')?.1.trim())
    }

    fn status(&self) -> io::Result<u16> {
        let status = self.lines.first().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        status.ok_or_else(|| odd("the answer does not begin with an HTTP status line"))
    }
}

/// A client of one server. It keeps its connection while both sides like.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

impl Client {
    /// A client that connects when it first sends.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// When the connection fails or the answer is not HTTP that this client reads.
    pub async fn send(&mut self, request: Request<'_>) -> io::Result<Answer> {
        let (mut stream, head) = self.begin(request).await?;
        let body = read_body(&mut stream, &head).await?;
        let keeps = head.header("content-length").is_some()
            && !head.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        self.stream = keeps.then_some(stream);
        Ok(Answer { status: head.status()?, body, head })
    }

    /// Sends a request whose answer is read line by line, as it comes; the whole answer, when its status is not 200.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn follow(&mut self, request: Request<'_>) -> io::Result<Result<Lines, Answer>> {
        let (mut stream, head) = self.begin(request).await?;
        let status = head.status()?;
        if status != 200 {
            let body = read_body(&mut stream, &head).await?;
            return Ok(Err(Answer { status, body, head }));
        }
        let chunked =
            head.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        Ok(Ok(Lines::new(stream, chunked)))
    }

    async fn begin(&mut self, request: Request<'_>) -> io::Result<(BufReader<TcpStream>, Head)> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(TcpStream::connect(self.address).await?),
        };
        stream.write_all(&octets(self.address, request)).await?;
        let mut head = read_head(&mut stream).await?;
        while head.status()? < 200 {
            head = read_head(&mut stream).await?;
        }
        Ok((stream, head))
    }
}

fn octets(address: SocketAddr, request: Request<'_>) -> Vec<u8> {
    let Request { method, path, headers, body } = request;
    let mut out = format!("{method} {path} HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        out.push_str(&format!("host: {address}\r\n"));
    }
    for (name, value) in headers {
        out.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        out.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    out.push_str("\r\n");
    let mut out = out.into_bytes();
    out.extend_from_slice(body);
    out
}

async fn read_head(stream: &mut BufReader<TcpStream>) -> io::Result<Head> {
    let mut lines = Vec::new();
    let mut rest = HEAD_BYTES_MAX;
    loop {
        let mut line = Vec::new();
        let read = (&mut *stream).take(rest as u64).read_until(b'\n', &mut line).await?;
        rest -= read;
        if line.last() != Some(&b'\n') {
            return Err(odd(
                "the connection ended before the head of the answer did, or the head is over 64 KiB",
            ));
        }
        let line = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
        if line.is_empty() {
            return Ok(Head { lines });
        }
        lines.push(line);
    }
}

async fn read_body(stream: &mut BufReader<TcpStream>, head: &Head) -> io::Result<Vec<u8>> {
    if head.header("transfer-encoding").is_some() {
        return Err(odd("the answer is chunked, which this client does not read"));
    }
    let mut body = Vec::new();
    let Some(length) = head.header("content-length") else {
        stream.take(BODY_BYTES_MAX).read_to_end(&mut body).await?;
        return Ok(body);
    };
    let length: u64 = length.parse().map_err(|_| odd("the answer's content-length is not a number"))?;
    if length > BODY_BYTES_MAX {
        return Err(odd("the answer is longer than 256 MiB"));
    }
    let read = stream.take(length).read_to_end(&mut body).await?;
    if read as u64 == length { Ok(body) } else { Err(odd("the connection ended before the answer did")) }
}

fn odd(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
