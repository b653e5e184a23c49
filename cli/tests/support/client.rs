//! A client that sends the bytes it is given.

use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketType, netlink, recv, send, socket};

use super::wire::{Fields, Head, Wire, latin, values};

/// An answer, whole or not.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Status line and fields.
    pub head: Head,
    /// What came of the body.
    pub body: Vec<u8>,
    /// The trailers.
    pub trailers: Fields,
    /// Why the body is not whole.
    pub broken: Option<String>,
}

impl Response {
    /// The values of a field.
    pub fn values(&self, name: &str) -> Vec<&str> {
        values(&self.head.fields, name)
    }

    /// The only value of a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.head.value(name)
    }

    /// Whether the connection ends with this answer.
    pub fn closes(&self) -> bool {
        self.value("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        latin(&self.body)
    }
}

/// One connection to the proxy.
#[derive(Debug)]
pub struct Client {
    wire: Wire,
}

impl Client {
    /// Connects.
    pub fn connect(address: SocketAddr) -> Self {
        Self::reach(address).expect("the listener takes connections")
    }

    /// Connects, where nobody may be listening any more.
    pub fn reach(address: SocketAddr) -> Result<Self, String> {
        TcpStream::connect(address)
            .map(|stream| Self { wire: Wire::new(stream) })
            .map_err(|fault| fault.to_string())
    }

    /// Takes a connection that exists.
    pub fn over(stream: TcpStream) -> Self {
        Self { wire: Wire::new(stream) }
    }

    /// Connects to a Unix socket.
    pub fn connect_to(path: &Path) -> Self {
        let stream = UnixStream::connect(path).expect("the listener takes connections");
        Self { wire: Wire::new(OwnedFd::from(stream).into()) }
    }

    /// The socket.
    pub fn wire(&mut self) -> &mut Wire {
        &mut self.wire
    }

    /// Sends. That the proxy closed meanwhile is seen when its answer is read.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.wire.send(bytes.as_ref());
        self
    }

    /// Sends, and waits until the proxy has read all of it, so that it cannot see the next bytes with these.
    pub fn send_settled(&mut self, bytes: &[u8]) {
        self.wire.send(bytes);
        let (here, there) = (self.wire.stream().local_addr(), self.wire.stream().peer_addr());
        let (Ok(here), Ok(there)) = (here, there) else { return };
        super::eventually("the proxy reads", || (queued(there, here).0 == 0).then_some(()));
    }

    /// The status line and fields of the next answer, interim or not.
    pub fn head(&mut self) -> Result<Response, String> {
        let head = self.wire.head()?.ok_or("the end came before an answer")?;
        let line = head.line.clone();
        let bytes = line.as_bytes();
        let plain = bytes.len() >= 13 && line.starts_with("HTTP/1.1 ") && bytes[12] == b' ';
        let status =
            plain.then(|| line[9..12].parse().ok()).flatten().ok_or(format!("status line {line:?}"))?;
        Ok(Response { status, head, ..Response::default() })
    }

    /// The next whole answer to a request of this method; interim ones are passed over.
    pub fn response_to(&mut self, method: &str) -> Result<Response, String> {
        loop {
            let response = self.head()?;
            if response.status >= 200 || response.status == 101 {
                return self.body(method, response);
            }
        }
    }

    /// The next whole answer to a `GET`.
    pub fn response(&mut self) -> Result<Response, String> {
        self.response_to("GET")
    }

    /// Reads the body that belongs to this head.
    pub fn body(&mut self, method: &str, mut response: Response) -> Result<Response, String> {
        let tunnel = response.status == 101 || (method == "CONNECT" && response.status / 100 == 2);
        if method == "HEAD" || tunnel || matches!(response.status, 100..200 | 204 | 304) {
            return Ok(response);
        }
        match response.head.length()? {
            Some(Some(length)) => match self.wire.take(usize::try_from(length).expect("a body that fits")) {
                Ok(body) => response.body = body,
                Err(part) => {
                    response.body = part;
                    response.broken = Some(format!("the end came before {length} octets"));
                }
            },
            Some(None) => match self.wire.chunked() {
                Ok((body, trailers)) => (response.body, response.trailers) = (body, trailers),
                Err((part, fault)) => (response.body, response.broken) = (part, Some(fault)),
            },
            None => response.body = self.wire.take_rest()?,
        }
        Ok(response)
    }

    /// Waits for the end of the connection and gives what still came before it.
    pub fn rest(&mut self) -> Result<Vec<u8>, String> {
        self.wire.take_rest()
    }
}

/// Bytes that arrived at the socket `there`, from `here`, and were not read yet; and those that it has to send and that have
/// not arrived (sock_diag(7); to look for the one row of `/proc/net/tcp` takes a hundred times as long).
pub fn queued(there: SocketAddr, here: SocketAddr) -> (u32, u32) {
    let (SocketAddr::V4(there), SocketAddr::V4(here)) = (there, here) else { panic!("tests use IPv4") };
    let mut question = Vec::with_capacity(72);
    // the header: length, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, and no number
    question.extend([72, 0, 0, 0, 20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    // AF_INET, IPPROTO_TCP, nothing further, in whatever state
    question.extend([2, 6, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    question.extend([there.port().to_be_bytes(), here.port().to_be_bytes()].concat());
    for address in [there, here] {
        question.extend(address.ip().octets());
        question.extend([0; 12]);
    }
    // any interface, no cookie
    question.extend([0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    let socket = socket(AddressFamily::NETLINK, SocketType::RAW, Some(netlink::SOCK_DIAG)).expect("netlink");
    send(&socket, &question, SendFlags::empty()).expect("the kernel takes questions");
    let mut answer = [0; 512];
    let (length, _) = recv(&socket, &mut answer[..], RecvFlags::empty()).expect("the kernel answers");
    // a socket that is gone has nothing left; the queues stand behind the header, the state and the addresses
    let found = length >= 80 && answer[4] == 20;
    let number = |at: usize| u32::from_ne_bytes(answer[at..at + 4].try_into().expect("four octets"));
    if found { (number(72), number(76)) } else { (0, 0) }
}

/// One `GET` on a connection of its own.
pub fn get(address: SocketAddr, path: &str) -> Result<Response, String> {
    let mut client = Client::reach(address)?;
    client.send(format!("GET {path} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"));
    client.response()
}
