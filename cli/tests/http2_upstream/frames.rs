//! An endpoint that speaks HTTP/2 frame by frame, and so can say what no library would.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use super::PATIENCE;

/// Kinds of frames (RFC 9113 §6).
pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;

/// Flags.
pub const END_STREAM: u8 = 1;
pub const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// `SETTINGS_MAX_CONCURRENT_STREAMS` and `SETTINGS_INITIAL_WINDOW_SIZE`.
pub const STREAMS: u16 = 3;
pub const WINDOW: u16 = 4;

/// `:status: 200` and `:status: 103` as HPACK has them (RFC 7541 appendix A and §6.2.2).
pub const STATUS_200: &[u8] = &[0x88];
pub const STATUS_103: &[u8] = b"\x08\x03103";

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

/// One connection of the proxy.
#[derive(Debug)]
pub struct Frames {
    /// The first one is 0.
    pub number: usize,
    stream: TcpStream,
}

impl Frames {
    /// Reads the preface and sends these settings; none where nothing comes.
    pub fn begin(mut stream: TcpStream, number: usize, settings: &[(u16, u32)]) -> Option<Self> {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).ok()?;
        assert_eq!(preface, PREFACE);
        let mut frames = Self { number, stream };
        frames.settings(settings);
        Some(frames)
    }

    /// The next frame that is about a stream, or a PING or GOAWAY; none at the end. PINGs are not answered.
    pub fn next(&mut self) -> Option<Frame> {
        loop {
            let mut head = [0; 9];
            self.stream.read_exact(&mut head).ok()?;
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            let mut payload = vec![0; length];
            self.stream.read_exact(&mut payload).ok()?;
            let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            match (head[3], head[4]) {
                (SETTINGS, 0) => self.send(SETTINGS, ACK, 0, &[]),
                (SETTINGS | WINDOW_UPDATE, _) => {}
                (kind, flags) => return Some(Frame { kind, flags, stream, payload }),
            }
        }
    }

    /// The next frame of this kind, and which stream it is about.
    pub fn await_frame(&mut self, kind: u8) -> Option<u32> {
        loop {
            let frame = self.next()?;
            if frame.kind == kind {
                return Some(frame.stream);
            }
        }
    }

    /// The next request.
    pub fn request(&mut self) -> Option<u32> {
        self.await_frame(HEADERS)
    }

    /// Sends a frame. That nobody reads any more is seen by the next read.
    pub fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let mut frame = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        let _ = self.stream.write_all(&frame);
    }

    pub fn settings(&mut self, settings: &[(u16, u32)]) {
        let payload: Vec<u8> = settings
            .iter()
            .flat_map(|(key, value)| key.to_be_bytes().into_iter().chain(value.to_be_bytes()))
            .collect();
        self.send(SETTINGS, 0, 0, &payload);
    }

    /// Answers a request with 200 and this body.
    pub fn answer(&mut self, stream: u32, body: &[u8]) {
        self.send(HEADERS, END_HEADERS, stream, STATUS_200);
        self.send(DATA, END_STREAM, stream, body);
    }

    pub fn reset(&mut self, stream: u32, reason: h2::Reason) {
        self.send(RST_STREAM, 0, stream, &u32::from(reason).to_be_bytes());
    }

    pub fn go_away(&mut self, last: u32, reason: h2::Reason) {
        let payload: Vec<u8> =
            last.to_be_bytes().into_iter().chain(u32::from(reason).to_be_bytes()).collect();
        self.send(GOAWAY, 0, 0, &payload);
    }
}

/// Starts an endpoint that serves each connection so, after these settings.
pub fn endpoint(
    settings: &'static [(u16, u32)],
    serve: impl Fn(&mut Frames) + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || {
                if let Some(mut frames) = Frames::begin(stream.unwrap(), number, settings) {
                    serve(&mut frames);
                }
            });
        }
    });
    address
}
