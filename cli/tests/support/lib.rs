//! What the end-to-end tests stand on: the real binary, a client and an upstream that see and send raw bytes.
//! Nothing here sleeps: whoever waits, waits for a condition, with a deadline.

#![allow(dead_code, unused_imports, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::print_stderr, reason = "the log of a proxy is shown when its test fails")]

mod client;
mod control;
pub mod frames;
mod library;
mod names;
mod plain;
mod process;
mod table;
mod upstream;
mod wire;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

pub use client::{Client, Response, get, queued};
pub use control::Control;
pub use library::{library, library_for};
pub use names::Names;
pub use plain::Plain;
pub use process::Proxy;
pub use table::{Case, Expect, Table, expect, rows};
pub use upstream::{Call, Next, Received, Upstream, parrot, refusing};
pub use wire::{Fields, Head, Wire, latin};

/// How long a condition is waited for. Far beyond what any of them takes.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A sequence of numbers that is the same in every run (xorshift64, Marsaglia 2003).
#[derive(Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// A number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).expect("a number below another one of its type")
    }
}

/// Where `./dev test` has put what a few tests want and most machines lack. A test run without it says that it is
/// skipped.
pub fn installed() -> Option<PathBuf> {
    let tools = std::env::var_os("TOWPATH_TEST_TOOLS").map(PathBuf::from);
    if tools.is_none() {
        eprintln!("skipped: this one runs in ./dev test");
    }
    tools
}

/// Runs a client, which must come to its end.
pub fn run<T>(client: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().event_interval(1).enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, client).await.expect("it comes to its end") })
}

/// Asks until there is an answer.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begin.elapsed() < PATIENCE, "waited too long: {what}");
        std::thread::yield_now();
    }
}

/// A proxy before an upstream with this script.
pub fn before(script: impl Fn(&mut Call<'_>) -> Next + Send + Sync + 'static) -> (Upstream, Proxy, Client) {
    let upstream = Upstream::start(script);
    let proxy = Proxy::in_front_of(upstream.address(), ", forward_headers: none", "");
    let client = Client::connect(proxy.address("web"));
    (upstream, proxy, client)
}

/// Waits, inside a script, until the test says so.
pub fn wait(told: &Mutex<Receiver<()>>) {
    told.lock().unwrap().recv_timeout(PATIENCE).expect("the test says when");
}
