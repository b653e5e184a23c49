//! An upstream that notes what it gets and does what a test says.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use super::PATIENCE;
use super::wire::{Fields, Head, Wire};

/// One request, as it came.
#[derive(Debug, Clone, Default)]
pub struct Received {
    /// Which connection it came on, counted from 0.
    pub connection: usize,
    /// Its head; empty when no head could be read.
    pub head: Head,
    /// What came of its body.
    pub body: Vec<u8>,
    /// Its trailers.
    pub trailers: Fields,
    /// Why it is not whole.
    pub broken: Option<String>,
}

/// What becomes of the connection after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It waits for the next request.
    Keep,
    /// It is closed; with a reset when something was left unread.
    Close,
}

#[derive(Debug, Default)]
struct Log {
    received: Mutex<Vec<Received>>,
    changed: Condvar,
}

impl Log {
    fn push(&self, received: Received) {
        self.received.lock().unwrap().push(received);
        self.changed.notify_all();
    }
}

/// One request whose head was read, and the connection to answer on.
#[derive(Debug)]
pub struct Call<'a> {
    /// The head.
    pub head: Head,
    /// Which connection, counted from 0.
    pub connection: usize,
    /// Which request of the connection, counted from 0.
    pub number: usize,
    wire: &'a mut Wire,
    log: &'a Log,
}

impl Call<'_> {
    /// Reads the body and notes the request. `None`: it did not come whole.
    pub fn body(&mut self) -> Option<Vec<u8>> {
        let mut received =
            Received { connection: self.connection, head: self.head.clone(), ..Received::default() };
        match self.head.length() {
            Ok(None) => {}
            Ok(Some(Some(length))) => match self.wire.take(usize::try_from(length).unwrap()) {
                Ok(body) => received.body = body,
                Err(part) => (received.body, received.broken) = (part, Some("too short".to_owned())),
            },
            Ok(Some(None)) => match self.wire.chunked() {
                Ok((body, trailers)) => (received.body, received.trailers) = (body, trailers),
                Err((part, fault)) => (received.body, received.broken) = (part, Some(fault)),
            },
            Err(fault) => received.broken = Some(fault),
        }
        let whole = received.broken.is_none().then(|| received.body.clone());
        self.log.push(received);
        whole
    }

    /// Sends bytes.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.wire.send(bytes.as_ref());
        self
    }

    /// The connection.
    pub fn wire(&mut self) -> &mut Wire {
        self.wire
    }

    /// The target of the request.
    pub fn path(&self) -> String {
        self.head.line.split(' ').nth(1).unwrap_or_default().to_owned()
    }

    /// Reads the body and answers 200 with the request line, so that answers cannot be mixed up.
    pub fn answer(&mut self) -> Next {
        if self.body().is_none() {
            return Next::Close;
        }
        let seen = self.head.line.clone();
        let body = if seen.starts_with("HEAD ") { "" } else { "answer" };
        self.send(format!("HTTP/1.1 200 OK\r\nX-Seen: {seen}\r\nContent-Length: 6\r\n\r\n{body}"));
        Next::Keep
    }
}

/// Where a server listens.
#[derive(Debug, Clone)]
enum Place {
    Ip(SocketAddr),
    Unix(PathBuf),
}

/// A server on a port of its own, or at a Unix socket.
#[derive(Debug)]
pub struct Upstream {
    place: Place,
    log: Arc<Log>,
    stop: Arc<AtomicBool>,
    connections: Arc<AtomicUsize>,
}

impl Upstream {
    /// Starts one that calls `script` for every head.
    pub fn start(script: impl Fn(&mut Call<'_>) -> Next + Send + Sync + 'static) -> Self {
        Self::start_on(([127, 0, 0, 1], 0).into(), script).expect("a free port")
    }

    /// Starts one on this address, if it is free.
    pub fn start_on(
        address: SocketAddr,
        script: impl Fn(&mut Call<'_>) -> Next + Send + Sync + 'static,
    ) -> Option<Self> {
        let listener = TcpListener::bind(address).ok()?;
        let place = Place::Ip(listener.local_addr().expect("a bound port"));
        Some(Self::accept(place, move || listener.accept().map(|(stream, _)| stream), script))
    }

    /// Starts one at a Unix socket with this path.
    pub fn start_at(path: &Path, script: impl Fn(&mut Call<'_>) -> Next + Send + Sync + 'static) -> Self {
        let listener = UnixListener::bind(path).expect("a free path");
        // a stream is a stream: what follows reads and writes, and asks for no address
        let accept = move || listener.accept().map(|(stream, _)| OwnedFd::from(stream).into());
        Self::accept(Place::Unix(path.to_owned()), accept, script)
    }

    fn accept(
        place: Place,
        next: impl Fn() -> std::io::Result<TcpStream> + Send + 'static,
        script: impl Fn(&mut Call<'_>) -> Next + Send + Sync + 'static,
    ) -> Self {
        let upstream = Self { place, log: Arc::default(), stop: Arc::default(), connections: Arc::default() };
        let (log, stop, count) =
            (Arc::clone(&upstream.log), Arc::clone(&upstream.stop), Arc::clone(&upstream.connections));
        let script = Arc::new(script);
        thread::spawn(move || {
            while let Ok(stream) = next() {
                if stop.load(Ordering::Acquire) {
                    return;
                }
                let connection = count.fetch_add(1, Ordering::AcqRel);
                let (log, script) = (Arc::clone(&log), Arc::clone(&script));
                thread::spawn(move || serve(Wire::new(stream), connection, &log, &*script));
            }
        });
        upstream
    }

    /// Answers the head of `/held` at once and its body when told, and everything else at once.
    pub fn holding() -> (Self, Sender<()>) {
        let (tell, told) = channel::<()>();
        let told = Mutex::new(told);
        let upstream = Self::start(move |call| {
            if call.path() != "/held" {
                return call.answer();
            }
            call.body();
            call.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
            let answered = told.lock().unwrap().recv_timeout(PATIENCE).is_ok();
            if answered {
                call.send("half");
            }
            Next::Close
        });
        (upstream, tell)
    }

    /// One that answers with this word.
    pub fn saying(word: &'static str) -> Self {
        Self::start(move |call| {
            call.body();
            call.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{word}", word.len()));
            Next::Keep
        })
    }

    /// Starts one that answers 200 to everything.
    pub fn echo() -> Self {
        Self::start(|call| call.answer())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        match &self.place {
            Place::Ip(address) => *address,
            Place::Unix(path) => panic!("{} has no address", path.display()),
        }
    }

    /// How many connections were taken so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Acquire)
    }

    /// What was noted since the last call.
    pub fn drain(&self) -> Vec<Received> {
        std::mem::take(&mut *self.log.received.lock().unwrap())
    }

    /// Waits until so many requests were noted since the last call, and gives them.
    pub fn wait(&self, count: usize) -> Vec<Received> {
        let received = self.log.received.lock().unwrap();
        let wait = self.log.changed.wait_timeout_while(received, PATIENCE, |received| received.len() < count);
        let (mut received, timeout) = wait.unwrap();
        assert!(!timeout.timed_out(), "wanted {count} requests, got {received:?}");
        std::mem::take(&mut *received)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // wakes the thread that accepts; if it is gone, there is nothing to wake
        let _ = match &self.place {
            Place::Ip(address) => TcpStream::connect(address).map(drop),
            Place::Unix(path) => UnixStream::connect(path).map(drop),
        };
    }
}

fn serve(mut wire: Wire, connection: usize, log: &Log, script: &dyn Fn(&mut Call<'_>) -> Next) {
    // a connection may lie idle for as long as the proxy likes
    wire.stream().set_read_timeout(None).expect("a socket takes its options");
    for number in 0.. {
        let head = match wire.head() {
            Ok(Some(head)) => head,
            Ok(None) => return,
            Err(fault) => {
                return log.push(Received { connection, broken: Some(fault), ..Received::default() });
            }
        };
        if script(&mut Call { head, connection, number, wire: &mut wire, log }) == Next::Close {
            return;
        }
    }
}

/// An address where nothing listens.
pub fn refusing() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

/// Sends back what comes by fours, says `bye` at its end, and ends: the other end of a tunnel.
pub fn parrot(call: &mut Call<'_>) -> Next {
    while call.wire().has_more().unwrap_or(false) {
        match call.wire().take(4) {
            Ok(bytes) => call.send(bytes),
            Err(part) => call.send(part),
        };
    }
    call.send("bye");
    Next::Close
}
