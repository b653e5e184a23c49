//! A client of HTTP/2, or an endpoint, that sends the frames it is given, right or wrong.

use std::net::{SocketAddr, TcpListener, TcpStream};

use super::client::Client;

/// What a client begins with (RFC 9113 §3.4).
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;
pub const PADDED: u8 = 8;
pub const PRIORITISED: u8 = 0x20;

/// END_HEADERS and END_STREAM: a request without a body.
pub const WHOLE: u8 = END_HEADERS | END_STREAM;

pub const NO_ERROR: u32 = 0;
pub const PROTOCOL_ERROR: u32 = 1;
pub const INTERNAL_ERROR: u32 = 2;
pub const FLOW_CONTROL_ERROR: u32 = 3;
pub const STREAM_CLOSED: u32 = 5;
pub const FRAME_SIZE_ERROR: u32 = 6;
pub const REFUSED_STREAM: u32 = 7;
pub const CANCEL: u32 = 8;
pub const COMPRESSION_ERROR: u32 = 9;
pub const ENHANCE_YOUR_CALM: u32 = 11;

/// A frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let length = u32::try_from(payload.len()).expect("a payload").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A reset.
pub fn reset(stream: u32, code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, code.to_be_bytes())
}

/// More room.
pub fn grant(stream: u32, octets: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, octets.to_be_bytes())
}

/// SETTINGS with one setting.
pub fn setting(key: u16, value: u32) -> Vec<u8> {
    frame(SETTINGS, 0, 0, [&key.to_be_bytes()[..], &value.to_be_bytes()].concat())
}

/// An integer with a prefix of so many bits (RFC 7541 §5.1).
pub fn integer(first: u8, bits: u32, value: usize) -> Vec<u8> {
    let most = (1 << bits) - 1;
    if value < most {
        return vec![first | u8::try_from(value).expect("a prefix")];
    }
    let mut octets = vec![first | u8::try_from(most).expect("a prefix")];
    let mut rest = value - most;
    while rest >= 128 {
        octets.push(u8::try_from(rest % 128).expect("seven bits") | 128);
        rest /= 128;
    }
    octets.push(u8::try_from(rest).expect("seven bits"));
    octets
}

/// A string that is not compressed (RFC 7541 §5.2).
pub fn string(text: impl AsRef<[u8]>) -> Vec<u8> {
    let text = text.as_ref();
    [&integer(0, 7, text.len()), text].concat()
}

/// A field that no table keeps (RFC 7541 §6.2.2).
pub fn field(name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Vec<u8> {
    [vec![0], string(name), string(value)].concat()
}

/// A field that the dynamic table keeps (RFC 7541 §6.2.1).
pub fn kept(name: &str, value: &str) -> Vec<u8> {
    [vec![0x40], string(name), string(value)].concat()
}

/// The fields of `GET` or `POST` of this path.
pub fn request(method: &str, path: &str) -> Vec<u8> {
    let method: u8 = if method == "GET" { 0x82 } else { 0x83 };
    [vec![method, 0x86], field(":path", path), field(":authority", "a")].concat()
}

/// The fields of `GET http://a/hi`.
pub fn plain() -> Vec<u8> {
    request("GET", "/hi")
}

/// A frame that came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

impl Seen {
    /// The code of RST_STREAM or GOAWAY.
    pub fn code(&self) -> Option<u32> {
        let at = match self.kind {
            RST_STREAM => 0,
            GOAWAY => 4,
            _ => return None,
        };
        Some(u32::from_be_bytes(self.payload.get(at..at + 4)?.try_into().expect("four octets")))
    }
}

/// A connection.
#[derive(Debug)]
pub struct Frames {
    client: Client,
}

impl Frames {
    /// Connects, and says nothing yet.
    pub fn silent(address: SocketAddr) -> Self {
        Self { client: Client::connect(address) }
    }

    /// Connects, and says hello with empty settings.
    pub fn connect(address: SocketAddr) -> Self {
        Self::connect_with(address, &frame(SETTINGS, 0, 0, []))
    }

    /// Connects, and says hello with these settings.
    pub fn connect_with(address: SocketAddr, settings: &[u8]) -> Self {
        let mut frames = Self::silent(address);
        frames.send([PREFACE, settings].concat());
        frames
    }

    /// Takes a connection, and its preface, and says hello with empty settings.
    pub fn accept(listener: &TcpListener) -> Self {
        let mut frames = Self::over(listener.accept().expect("a connection").0).expect("a preface");
        frames.send(frame(SETTINGS, 0, 0, []));
        frames
    }

    /// Takes the preface, and says nothing yet; none where nothing comes.
    pub fn over(stream: TcpStream) -> Option<Self> {
        let mut frames = Self { client: Client::over(stream) };
        assert_eq!(frames.client.wire().take(PREFACE.len()).ok()?, PREFACE);
        Some(frames)
    }

    /// The client below.
    pub fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Sends. That the proxy closed meanwhile is seen when its frames are read.
    pub fn send(&mut self, octets: impl AsRef<[u8]>) -> &mut Self {
        self.client.send(octets);
        self
    }

    /// The next frame, or what stands in its place: the end.
    pub fn next(&mut self) -> Option<Seen> {
        let head = self.client.wire().take(9).ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let payload = self.client.wire().take(length).ok()?;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        Some(Seen { kind: head[3], flags: head[4], stream, payload })
    }

    /// The next frame of this kind and stream.
    pub fn await_frame(&mut self, kind: u8, stream: u32) -> Option<Seen> {
        loop {
            let seen = self.next()?;
            if (seen.kind, seen.stream) == (kind, stream) {
                return Some(seen);
            }
        }
    }

    /// The code with which the connection ends; nothing when it only ends.
    pub fn goodbye(&mut self) -> Option<u32> {
        self.await_frame(GOAWAY, 0)?.code()
    }

    /// The code by which a stream, or with it the connection, is refused; nothing when it is answered.
    pub fn refusal(&mut self, stream: u32) -> Option<u32> {
        loop {
            let seen = self.next().expect("an answer or a refusal");
            match (seen.kind, seen.stream) {
                (RST_STREAM, number) if number == stream => return seen.code(),
                (GOAWAY, _) => return seen.code(),
                (HEADERS, number) if number == stream => return None,
                _ => {}
            }
        }
    }

    /// Asks `GET /hi` on this stream, and reads to the end of its answer.
    pub fn is_served(&mut self, stream: u32) -> bool {
        self.send(frame(HEADERS, WHOLE, stream, plain()));
        self.ends(stream)
    }

    /// Reads to the end of a stream's answer; whether it has one.
    pub fn ends(&mut self, stream: u32) -> bool {
        while let Some(seen) = self.next() {
            if seen.stream == stream && seen.kind == RST_STREAM {
                return false;
            }
            if seen.stream == stream && matches!(seen.kind, DATA | HEADERS) && seen.flags & END_STREAM != 0 {
                return true;
            }
        }
        false
    }
}

/// The status of an answer, by the first field of its head (RFC 7541, Appendix A and B: digits take five bits below 3, else six).
pub fn status(head: &Seen) -> u16 {
    const INDEXED: [u16; 7] = [200, 204, 206, 304, 400, 404, 500];
    // what changes the size of the table may stand in front
    let block = head.payload.iter().position(|octet| octet & 0xe0 != 0x20).map(|at| &head.payload[at..]);
    match block.expect("a field") {
        [first @ 0x88..=0x8e, ..] => INDEXED[usize::from(first - 0x88)],
        [_, 0x03, digits @ ..] => digits[..3].iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')),
        [_, length, rest @ ..] => {
            let bits = rest[..usize::from(length & 0x7f)]
                .iter()
                .fold(0_u64, |bits, octet| bits << 8 | u64::from(*octet));
            let mut left = u32::from(length & 0x7f) * 8;
            (0..3).fold(0, |sum, _| {
                let next = |count: u32| (bits >> (left - count)) & ((1 << count) - 1);
                let (digit, taken) = if next(5) < 3 { (next(5), 5) } else { (next(6) - 22, 6) };
                left -= taken;
                sum * 10 + u16::try_from(digit).expect("a digit")
            })
        }
        other => panic!("no status: {other:?}"),
    }
}
