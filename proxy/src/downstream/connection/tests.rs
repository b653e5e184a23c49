use std::mem::size_of_val;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::task::LocalSet;
use towpath_config::{Source, compile};

use super::*;
use crate::observe::series::SeriesBook;
use crate::shared::Shared;
use crate::snapshot::Snapshot;
use crate::sys::stream::Origin;

fn local(listener: &str) -> Rc<Local> {
    let text = format!(
        "listeners: {{web: {{address: 127.0.0.1:0, {listener}}}}}\nroutes: {{r: {{direct_response: {{status: 200, body: hi}}}}}}\n"
    );
    let compiled = compile(&Source::new("test.yaml", text), &|_| None);
    let config = compiled.unwrap_or_else(|faults| panic!("{faults}")).into_config();
    let book = Arc::new(SeriesBook::new(1));
    let snapshot = Snapshot::next(None, config, &book);
    Rc::new(Local::new(0, Arc::new(Shared::new(snapshot, book, 1))))
}

fn peer() -> Peer {
    Peer::new(Origin::Ip([127, 0, 0, 1].into()))
}

/// What a client reads until the connection ends, after it has sent `text`; in simulated time.
async fn talk(listener: &str, text: &str) -> (String, Duration) {
    let local = local(listener);
    let (mut client, server) = duplex(64 * 1024);
    let begun = Instant::now();
    let mut answer = String::new();
    LocalSet::new()
        .run_until(async {
            tokio::task::spawn_local(Rc::clone(local.timers()).run());
            let connection = run(Rc::clone(&local), server, "web".into(), peer());
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
    assert!(about(elapsed, 3 + LINGER.as_secs()), "{elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_ends_without_a_word() {
    let (answer, elapsed) = talk("idle_timeout: 7s", "GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nhi"), "{answer}");
    // a pipe is always readable here, so what is idle waits for a head
    assert!(elapsed >= Duration::from_secs(7), "{elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn the_last_request_that_is_allowed_says_so() {
    let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let (answer, _) = talk("limits: {requests_per_connection: 2}", &request.repeat(3)).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
    assert_eq!(answer.matches("connection: close").count(), 1, "{answer}");
}

#[test]
fn an_idle_connection_is_small() {
    let local = local("idle_timeout: 7s");
    let (_client, server) = duplex(64);
    let connection = run(Rc::clone(&local), server, "web".into(), peer());
    assert!(size_of_val(&connection) <= 512, "{} octets", size_of_val(&connection));
    let (_client, server) = duplex(64);
    let timer = local.timers().timer();
    let mut between = Connection { local, listener: "web".into(), peer: peer(), timer, served: 0 };
    let busy = between.busy(server);
    assert!(size_of_val(&busy) <= 6 * 1024, "{} octets", size_of_val(&busy));
}
