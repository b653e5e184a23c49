//! A server of nothing but bytes.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::PATIENCE;

/// A server on a port of its own that does what a test says with every connection.
#[derive(Debug)]
pub struct Plain {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Plain {
    /// Starts one that calls `script` with each connection.
    pub fn start(script: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let connections = Arc::new(AtomicUsize::new(0));
        let (count, script) = (Arc::clone(&connections), Arc::new(script));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                stream.set_read_timeout(Some(PATIENCE)).expect("a socket takes its options");
                count.fetch_add(1, Ordering::AcqRel);
                let script = Arc::clone(&script);
                thread::spawn(move || script(stream));
            }
        });
        Self { address, connections }
    }

    /// Starts one that sends back what comes, until the end of it.
    pub fn echo() -> Self {
        Self::start(|stream| {
            // whoever reset the connection got what was wanted
            let _ = std::io::copy(&mut &stream, &mut &stream);
        })
    }

    /// Starts one that says a word at once, and waits for the end.
    pub fn saying(word: &'static str) -> Self {
        Self::start(move |mut stream| {
            use std::io::{Read, Write};
            let _ = stream.write_all(word.as_bytes());
            let _ = stream.read_to_end(&mut Vec::new());
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections came.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Acquire)
    }
}
