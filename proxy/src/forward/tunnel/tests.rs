use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::LocalSet;
use tokio::time::Instant;
use towpath_config::{Source, compile};

use super::*;
use crate::observe::series::SeriesBook;
use crate::shared::{Leave, Shared};
use crate::snapshot::Snapshot;

const HOUR: Duration = Duration::from_secs(3600);
const PATIENCE: Patience = Patience { idle: Some(HOUR), half_closed: Some(Duration::from_secs(60)) };

fn local() -> Local {
    let text = "proxy: {drain: {delay: 5s, spread: 4s, timeout: 20s}}\n";
    let config = compile(&Source::new("test.yaml", text), &|_| None).unwrap().into_config();
    let book = Arc::new(SeriesBook::new(1));
    let snapshot = Snapshot::next(None, config, &book);
    Local::new(0, Arc::new(Shared::new(snapshot, book, 1)))
}

/// How a tunnel ends, after how long, and what went up and down, while somebody at its mouths does something.
async fn dig(
    local: &Local,
    room: usize,
    visit: impl AsyncFnOnce(DuplexStream, DuplexStream),
) -> (End, Duration, (u64, u64)) {
    let (client, mut caller) = duplex(room);
    let (server, mut upstream) = duplex(room);
    let begun = Instant::now();
    let mut passed = (0, 0);
    let tasks = LocalSet::new();
    let end = tasks.run_until(async {
        tokio::task::spawn_local(Rc::clone(local.timers()).run());
        let timer = local.timers().timer();
        let caller = Mouth { io: &mut caller, unread: None };
        let upstream = Mouth { io: &mut upstream, unread: None };
        let count = |up, down| passed = (passed.0 + up, passed.1 + down);
        let tunnel = async {
            let end = tunnel(local, &timer, PATIENCE, caller, upstream, count).await;
            (end, begun.elapsed())
        };
        tokio::join!(tunnel, visit(client, server)).0
    });
    let (end, elapsed) = end.await;
    assert_eq!(local.buffers().lent(), 0, "every buffer came back");
    (end, elapsed, passed)
}

fn about(elapsed: Duration, wanted: Duration) -> bool {
    elapsed >= wanted && elapsed < wanted + Duration::from_millis(100)
}

#[tokio::test(start_paused = true)]
async fn bytes_of_any_number_come_through_whatever_the_room() {
    for (room, size) in [(1, 100), (7, 40_000), (64 * 1024, 1_000_000), (1 << 20, 3_000_000)] {
        let local = local();
        let sent: Vec<u8> = (0..size).map(|number| number as u8).collect();
        let visit = async |client: DuplexStream, server: DuplexStream| {
            let (mut from, mut to) = tokio::io::split(client);
            let (mut echo_from, mut echo_to) = tokio::io::split(server);
            let mut back = Vec::new();
            let (.., read) = tokio::join!(
                async {
                    to.write_all(&sent).await.unwrap();
                    to.shutdown().await.unwrap();
                },
                async {
                    tokio::io::copy(&mut echo_from, &mut echo_to).await.unwrap();
                    echo_to.shutdown().await.unwrap();
                },
                from.read_to_end(&mut back),
            );
            read.unwrap();
            assert!(back == sent, "{size} octets by {room}");
        };
        let (end, _, passed) = dig(&local, room, visit).await;
        assert_eq!((end, passed), (End::Closed, (size, size)));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_held_while_nothing_moves_and_that_ends() {
    let local = local();
    let visit = async |mut client: DuplexStream, mut server: DuplexStream| {
        client.write_all(b"once").await.unwrap();
        server.read_exact(&mut [0; 4]).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1800)).await;
        assert_eq!(local.buffers().lent(), 0, "while it is idle it holds no buffer");
        server.write_all(b"again").await.unwrap();
        client.read_exact(&mut [0; 5]).await.unwrap();
        tokio::time::sleep(HOUR * 2).await;
    };
    let (end, elapsed, passed) = dig(&local, 1024, visit).await;
    assert_eq!((end, passed), (End::TimedOut, (4, 5)));
    assert!(about(elapsed, HOUR + Duration::from_secs(1800)), "{elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_half_of_it_has_less_time() {
    let local = local();
    let visit = async |mut client: DuplexStream, mut server: DuplexStream| {
        client.shutdown().await.unwrap();
        assert_eq!(server.read_to_end(&mut Vec::new()).await.unwrap(), 0, "its end comes through");
        tokio::time::sleep(HOUR).await;
    };
    let (end, elapsed, _) = dig(&local, 1024, visit).await;
    assert_eq!(end, End::TimedOut);
    assert!(about(elapsed, Duration::from_secs(60)), "{elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn one_that_begins_in_a_drain_has_its_moment_in_it() {
    let local = local();
    let drain = local.shared().begin_drain(Leave::Announced);
    local.begin_drain(&drain);
    let begun = Instant::now();
    let mut ended = Duration::ZERO;
    let visit = async |client: DuplexStream, server: DuplexStream| {
        // it goes on while something moves, but not for ever
        let (mut client, mut server) = (client, server);
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let passed = async {
                client.write_all(b".").await?;
                server.read_exact(&mut [0]).await.map(|_| ())
            };
            if !matches!(tokio::time::timeout(Duration::from_secs(1), passed).await, Ok(Ok(()))) {
                return;
            }
            ended = begun.elapsed();
        }
    };
    let (end, ..) = dig(&local, 1024, visit).await;
    assert_eq!(end, End::Drained);
    assert!((14..26).contains(&ended.as_secs()), "the second half of the time that is left: {ended:?}");
}
