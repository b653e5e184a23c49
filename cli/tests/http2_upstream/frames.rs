//! An endpoint that speaks HTTP/2 frame by frame, and so can say what no library would.

use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use super::support::frames;
use super::support::frames::{
    ACK, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, SETTINGS, Seen, WINDOW_UPDATE, frame, reset,
};

/// `SETTINGS_MAX_CONCURRENT_STREAMS` and `SETTINGS_INITIAL_WINDOW_SIZE`.
pub const STREAMS: u16 = 3;
pub const WINDOW: u16 = 4;

/// `:status: 200` and `:status: 103` as HPACK has them (RFC 7541 appendix A and §6.2.2).
pub const STATUS_200: &[u8] = &[0x88];
pub const STATUS_103: &[u8] = b"\x08\x03103";

/// One connection of the proxy.
#[derive(Debug)]
pub struct Frames {
    /// The first one is 0.
    pub number: usize,
    frames: frames::Frames,
}

impl Frames {
    /// Reads the preface and sends these settings; none where nothing comes.
    pub fn begin(stream: TcpStream, number: usize, settings: &[(u16, u32)]) -> Option<Self> {
        let mut frames = Self { number, frames: frames::Frames::over(stream)? };
        frames.settings(settings);
        Some(frames)
    }

    /// The next frame that is about a stream, or a PING or GOAWAY; none at the end. PINGs are not answered.
    pub fn next(&mut self) -> Option<Seen> {
        loop {
            let seen = self.frames.next()?;
            match (seen.kind, seen.flags) {
                (SETTINGS, 0) => self.send(SETTINGS, ACK, 0, &[]),
                (SETTINGS | WINDOW_UPDATE, _) => {}
                _ => return Some(seen),
            }
        }
    }

    /// The next frame of this kind, and which stream it is about.
    pub fn await_frame(&mut self, kind: u8) -> Option<u32> {
        std::iter::from_fn(|| self.next()).find(|seen| seen.kind == kind).map(|seen| seen.stream)
    }

    /// The next request.
    pub fn request(&mut self) -> Option<u32> {
        self.await_frame(HEADERS)
    }

    /// Sends a frame. That nobody reads any more is seen by the next read.
    pub fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        self.frames.send(frame(kind, flags, stream, payload));
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
        self.frames.send(reset(stream, reason.into()));
    }

    /// Ends this side, and with it the connection.
    pub fn close(&mut self) {
        self.frames.client().wire().stream().shutdown(Shutdown::Write).unwrap();
    }

    pub fn go_away(&mut self, last: u32, reason: h2::Reason) {
        self.send(GOAWAY, 0, 0, &[last.to_be_bytes(), u32::from(reason).to_be_bytes()].concat());
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
