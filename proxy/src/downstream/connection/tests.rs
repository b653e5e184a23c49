use std::cell::{Cell, RefCell};
use std::io;
use std::mem::size_of_val;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use tokio::task::LocalSet;
use towpath_config::{Source, compile};

use super::*;
use crate::observe::series::SeriesBook;
use crate::shared::{Leave, Shared};
use crate::snapshot::Snapshot;
use crate::sys::memory::Pressure;
use crate::sys::stream::Origin;
use crate::sys::transport::Duplex;

fn local(listener: &str) -> Rc<Local> {
    let text = format!(
        "proxy: {{drain: {{delay: 5s, spread: 4s, timeout: 20s}}}}\nlisteners: {{web: {{address: 127.0.0.1:0, {listener}}}}}\nroutes: {{r: {{direct_response: {{status: 200, body: hi}}}}}}\n"
    );
    let compiled = compile(&Source::new("test.yaml", text), &|_| None);
    let config = compiled.unwrap_or_else(|faults| panic!("{faults}")).into_config();
    let book = Arc::new(SeriesBook::new(1));
    let snapshot = Snapshot::next(None, config, &book);
    Rc::new(Local::new(0, Arc::new(Shared::new(snapshot, book, 1))))
}

fn web() -> Arc<ListenerStats> {
    Arc::new(ListenerStats::new("web", 1))
}

fn peer() -> Peer {
    Peer::new(Origin::Ip([127, 0, 0, 1].into()))
}

/// What a client reads until the connection ends, after it has sent `text`; in simulated time.
async fn talk(listener: &str, text: &str) -> (String, Duration) {
    talk_to(local(listener), text).await
}

async fn talk_to(local: Rc<Local>, text: &str) -> (String, Duration) {
    talk_at(local, &Rc::default(), text).await
}

async fn talk_at(local: Rc<Local>, berths: &Rc<Berths<DuplexStream>>, text: &str) -> (String, Duration) {
    let (mut client, server) = duplex(64 * 1024);
    let begun = Instant::now();
    let mut answer = String::new();
    LocalSet::new()
        .run_until(async {
            tokio::task::spawn_local(Rc::clone(local.timers()).run());
            let connection = run(Rc::clone(&local), Rc::default(), Rc::clone(berths), server, web(), peer());
            let client = async {
                client.write_all(text.as_bytes()).await.expect("the pipe takes it");
                client.read_to_string(&mut answer).await.expect("the pipe gives it");
            };
            tokio::join!(connection, client);
        })
        .await;
    assert_eq!(local.buffers().lent(), 0, "every buffer came back");
    (answer, begun.elapsed())
}

fn about(elapsed: Duration, seconds: u64) -> bool {
    elapsed >= Duration::from_secs(seconds)
        && elapsed < Duration::from_secs(seconds) + Duration::from_millis(100)
}

#[tokio::test(start_paused = true)]
async fn a_slow_head_gets_408_and_the_end() {
    let (answer, elapsed) = talk("header_timeout: 3s", "GET / HTTP/1.1\r\nHost").await;
    assert!(
        answer.starts_with("HTTP/1.1 408 ") && answer.contains("x-towpath-reason: head-timeout"),
        "{answer}"
    );
    assert!(about(elapsed, 3 + 2), "{elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_ends_without_a_word() {
    let (answer, elapsed) = talk("idle_timeout: 7s", "GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nhi"), "{answer}");
    // a pipe is always readable here, so what is idle waits for a head
    assert!(elapsed >= Duration::from_secs(7), "{elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn when_memory_is_high_no_connection_is_kept() {
    let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let local = local("idle_timeout: 7s");
    local.shared().press(Pressure::High);
    let (answer, _) = talk_to(local, &request.repeat(2)).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 1, "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn the_last_request_that_is_allowed_says_so() {
    let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let (answer, _) = talk("limits: {requests_per_connection: 2}", &request.repeat(3)).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
    assert_eq!(answer.matches("connection: close").count(), 1, "{answer}");
}

#[tokio::test(start_paused = true)]
async fn connections_are_served_where_others_were() {
    let (local, berths) = (local("header_timeout: 3s"), Rc::default());
    for text in [
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "nonsense\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET",
    ] {
        let (alone, _) = talk_to(Rc::clone(&local), text).await;
        let (answer, _) = talk_at(Rc::clone(&local), &berths, text).await;
        let status = |answer: &str| answer.lines().next().map(str::to_owned);
        assert!(status(&answer).is_some() && status(&answer) == status(&alone), "{answer}");
        assert_eq!(berths.free(), 1, "the same each time");
    }
    berths.dismiss();
    assert_eq!(berths.free(), 0);
}

#[test]
fn an_idle_connection_is_small() {
    let local = local("idle_timeout: 7s");
    let (_client, server) = duplex(64);
    let connection = run(Rc::clone(&local), Rc::default(), Rc::default(), server, web(), peer());
    assert!(size_of_val(&connection) <= 512, "{} octets", size_of_val(&connection));
    let (_client, server) = duplex(64);
    let timer = local.timers().timer();
    let between =
        Connection { local, crew: Rc::default(), listener: web(), peer: peer(), timer, served: Cell::new(0) };
    let busy = between.busy(server, None);
    assert!(size_of_val(&busy) <= 6 * 1024, "{} octets", size_of_val(&busy));
}

/// A pipe whose other end is known to be silent until it says that it speaks.
struct Quiet {
    pipe: DuplexStream,
    speaks: Rc<Speaks>,
}

#[derive(Default)]
struct Speaks {
    now: Cell<bool>,
    bug: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Speaks {
    fn begin(&self) {
        self.now.set(true);
        self.waker.take().into_iter().for_each(Waker::wake);
    }
}

impl Duplex for Quiet {
    fn break_on_close(&self) {}
}

impl Transport for Quiet {
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        assert!(!self.speaks.bug.get(), "a bug");
        if self.speaks.now.get() {
            return Poll::Ready(());
        }
        self.speaks.waker.replace(Some(cx.waker().clone()));
        Poll::Pending
    }

    fn poll_ended(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    fn has_news(&self) -> bool {
        false
    }

    fn addresses(&self) -> Option<(SocketAddr, SocketAddr)> {
        None
    }

    fn is_hung_up(&self) -> bool {
        false
    }
}

impl AsyncRead for Quiet {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_read(cx, into)
    }
}

impl AsyncWrite for Quiet {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.pipe).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(cx)
    }
}

/// Opens a connection that is silent, and gives the client's end.
fn open(local: &Rc<Local>) -> (DuplexStream, Rc<Speaks>) {
    let (client, pipe) = duplex(64 * 1024);
    let speaks = Rc::<Speaks>::default();
    let quiet = Quiet { pipe, speaks: Rc::clone(&speaks) };
    tokio::task::spawn_local(run(Rc::clone(local), Rc::default(), Rc::default(), quiet, web(), peer()));
    (client, speaks)
}

/// What the client still reads, and how many seconds after `begun` its connection ends.
async fn rest(mut client: DuplexStream, begun: Instant) -> (String, f64) {
    let mut text = String::new();
    client.read_to_string(&mut text).await.expect("the pipe gives it");
    (text, begun.elapsed().as_secs_f64())
}

#[tokio::test(start_paused = true)]
async fn a_drain_closes_what_is_silent_over_time() {
    let local = local("idle_timeout: 60s");
    let drained = async {
        tokio::task::spawn_local(Rc::clone(local.timers()).run());
        let idle: Vec<_> = (0..50).map(|_| open(&local)).collect();
        tokio::time::sleep(Duration::from_millis(50)).await;
        let begun = Instant::now();
        local.begin_drain(&local.shared().begin_drain(Leave::Announced));
        // one comes while connections are still taken, and is no worse off than those that were there
        let late = open(&local);
        let rests: Vec<_> = idle
            .into_iter()
            .chain([late])
            .map(|(client, _)| tokio::task::spawn_local(rest(client, begun)))
            .collect();
        let mut ends = Vec::new();
        for rest in rests {
            let (text, end) = rest.await.expect("a client that ends");
            assert_eq!(text, "");
            ends.push(end);
        }
        ends
    };
    let mut ends = LocalSet::new().run_until(drained).await;
    ends.sort_by(f64::total_cmp);
    assert!(ends[0] >= 7.0 && ends[50] <= 9.1, "the second half of the spread: {ends:?}");
    ends.dedup();
    assert!(ends.len() > 10, "not all at once: {ends:?}");
}

#[tokio::test(start_paused = true)]
async fn who_speaks_in_a_drain_is_answered_for_the_last_time() {
    let local = local("idle_timeout: 60s");
    let drained = async {
        tokio::task::spawn_local(Rc::clone(local.timers()).run());
        let (mut client, speaks) = open(&local);
        tokio::time::sleep(Duration::from_millis(50)).await;
        local.begin_drain(&local.shared().begin_drain(Leave::Announced));
        let begun = Instant::now();
        tokio::time::sleep(Duration::from_secs(6)).await;
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("the pipe takes it");
        speaks.begin();
        // the proxy lingers until the client has read the end
        let mut text = [0; 256];
        let length = client.read(&mut text).await.expect("the pipe gives it");
        (String::from_utf8_lossy(&text[..length]).into_owned(), begun.elapsed().as_secs_f64())
    };
    let (text, end) = LocalSet::new().run_until(drained).await;
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains("connection: close"), "{text}");
    assert!(end < 6.5, "{end}");
}

#[tokio::test]
async fn a_bug_costs_one_connection() {
    let local = local("idle_timeout: 60s");
    let served = async {
        let (spoilt, bug) = open(&local);
        let (mut client, speaks) = open(&local);
        bug.bug.set(true);
        bug.begin();
        assert_eq!(rest(spoilt, Instant::now()).await.0, "", "it ends");
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("the pipe takes it");
        speaks.begin();
        let mut text = [0; 12];
        client.read_exact(&mut text).await.expect("the pipe gives it");
        assert_eq!(&text, b"HTTP/1.1 200");
    };
    LocalSet::new().run_until(served).await;
    let stats = local.shared().stats();
    assert_eq!(stats.total(Counter::WorkerPanics), 1);
}
