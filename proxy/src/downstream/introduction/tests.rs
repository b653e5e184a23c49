use std::rc::Rc;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::LocalSet;
use tokio::time::Instant;
use towpath_config::{Source, compile};

use super::*;
use crate::observe::series::SeriesBook;
use crate::shared::Shared;
use crate::snapshot::Snapshot;

fn snapshot(listener: &str) -> (Snapshot, Arc<SeriesBook>) {
    let text = format!("listeners: {{web: {{{listener}}}}}\nroutes: {{r: {{direct_response: 200}}}}\n");
    let compiled = compile(&Source::new("test.yaml", text), &|_| None);
    let config = compiled.unwrap_or_else(|faults| panic!("{faults}")).into_config();
    let book = Arc::new(SeriesBook::new(1));
    (Snapshot::next(None, config, &book), book)
}

fn origin(text: &str) -> Origin {
    text.parse::<std::net::IpAddr>().map_or(Origin::Unix, Origin::from)
}

#[test]
fn it_is_wanted_of_those_that_are_named_and_of_nobody_else() {
    let tcp = "address: 127.0.0.1:1, proxy_protocol: {from: [10.0.0.0/8, \"2001:db8::/32\"]}";
    for (listener, peer, is_wanted) in [
        (tcp, "10.1.2.3", true),
        (tcp, "::ffff:10.1.2.3", true),
        (tcp, "2001:db8::7", true),
        (tcp, "11.0.0.1", false),
        (tcp, "unix", false),
        ("address: \"unix:@a\", proxy_protocol: {from: unix}", "unix", true),
        ("address: \"unix:@a\"", "unix", false),
        ("address: 127.0.0.1:1", "127.0.0.1", false),
    ] {
        let (snapshot, _) = snapshot(listener);
        let (_, rules) = snapshot.listener("web").expect("the listener");
        assert_eq!(wanted(rules, origin(peer)).is_some(), is_wanted, "{peer} at {listener}");
    }
}

/// What comes of what a sender says: the client and what is behind the header; how long it took; what was counted.
async fn hear(
    limit: usize,
    say: impl AsyncFnOnce(&mut DuplexStream),
) -> (Option<(String, Vec<u8>)>, Duration, (u64, u64)) {
    let (snapshot, book) = snapshot("address: 127.0.0.1:1");
    let local = Local::new(0, Arc::new(Shared::new(snapshot, book, 1)));
    let listener = ListenerStats::new("web", 1);
    let wanted = Wanted { timeout: Duration::from_secs(3), bytes: limit };
    let (mut sender, mut io) = duplex(64);
    let begun = Instant::now();
    let tasks = LocalSet::new();
    let heard = tasks.run_until(async {
        tokio::task::spawn_local(Rc::clone(local.timers()).run());
        let timer = local.timers().timer();
        let mut peer = Peer::new(origin("10.0.0.1"));
        let heard = introduced(&local, &listener, &timer, wanted, &mut io, &mut peer);
        let (heard, ()) = tokio::join!(heard, say(&mut sender));
        let mut rest = heard?.filled().to_vec();
        // what is not at hand yet comes by the stream
        drop(sender);
        io.read_to_end(&mut rest).await.expect("the pipe gives it");
        Some((peer.text.into(), rest))
    });
    let heard = heard.await;
    assert_eq!(local.buffers().lent(), 0, "every buffer came back");
    let count = |counter| listener.tally().total(counter);
    let counts = (count(ListenerCounter::ProxyHeaders), count(ListenerCounter::ProxyHeadersRefused));
    (heard, begun.elapsed(), counts)
}

#[tokio::test(start_paused = true)]
async fn nothing_behind_the_header_is_lost_however_it_comes() {
    let line = b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 80\r\nGET / HTTP/1.1\r\n\r\n";
    for cut in 0..line.len() {
        let (heard, ..) = hear(4096, async |sender| {
            for part in [&line[..cut], &line[cut..]] {
                sender.write_all(part).await.expect("the pipe takes it");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        let wanted = ("192.0.2.7".to_owned(), b"GET / HTTP/1.1\r\n\r\n".to_vec());
        assert_eq!(heard, Some(wanted), "cut at {cut}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_say_it_in_time_or_says_something_else_is_refused() {
    for (said, seconds) in
        [("", 3), ("PROXY TCP4 192.0.2.7", 3), ("GET / HTTP/1.1\r\n\r\n", 0), ("PROXY TCP4 nobody\r\n", 0)]
    {
        let (heard, elapsed, counts) = hear(4096, async |sender| {
            sender.write_all(said.as_bytes()).await.expect("the pipe takes it");
        })
        .await;
        assert_eq!((heard, counts), (None, (0, 1)), "{said:?}");
        assert_eq!(elapsed.as_secs(), seconds, "{said:?}: {elapsed:?}");
    }
    let (heard, elapsed, counts) = hear(4096, async |sender| {
        sender.write_all(b"PROXY").await.expect("the pipe takes it");
        sender.shutdown().await.expect("the pipe ends");
    })
    .await;
    assert_eq!((heard, counts, elapsed.as_secs()), (None, (0, 1), 0), "it ended too early");
}

#[tokio::test(start_paused = true)]
async fn who_speaks_for_itself_stays_who_it_is() {
    for said in ["PROXY UNKNOWN\r\n", "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"] {
        let (heard, _, counts) = hear(4096, async |sender| {
            sender.write_all(said.as_bytes()).await.expect("the pipe takes it");
        })
        .await;
        assert_eq!((heard, counts), (Some(("10.0.0.1".to_owned(), Vec::new())), (1, 0)), "{said:?}");
    }
}
