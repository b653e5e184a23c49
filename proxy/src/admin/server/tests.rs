use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::LocalSet;

use super::*;
use crate::admin::pages::tests::{TABLE, context};

/// Runs the server and, beside it, the test.
async fn with_server<T: Future<Output = ()>>(test: impl FnOnce(SocketAddr) -> T) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_end, end) = watch::channel(false);
    let served = async {
        tokio::select! {
            () = serve(Rc::new(listener), Rc::new(context(TABLE)), end) => panic!("serving never ends"),
            () = test(address) => {}
        }
    };
    LocalSet::new().run_until(served).await;
}

/// Sends bytes, and reads all that comes until the server closes.
async fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn pages_are_served() {
    with_server(|address| async move {
        let answer = exchange(address, b"GET /live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nlive\n"), "{answer}");
        let head = exchange(address, b"HEAD /live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        assert!(head.contains("content-length: 5\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    })
    .await;
}

#[tokio::test]
async fn a_question_is_read_from_the_body() {
    with_server(|address| async move {
        let body = r#"{"url": "/x"}"#;
        let head = "POST /explain HTTP/1.1\r\nhost: x\r\naccept: text/plain\r\nconnection: close";
        let request = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let answer = exchange(address, request.as_bytes()).await;
        assert!(answer.contains("is forwarded by route all"), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn who_ends_its_side_still_gets_the_answer() {
    with_server(|address| async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    with_server(|address| async move {
        let head =
            b"POST /explain HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2000000\r\n\r\n";
        let answer = exchange(address, head).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    })
    .await;
}

const LIVE: &[u8] = b"GET /live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// Ends when the server has closed, in order or not.
async fn ended(mut stream: TcpStream) {
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}

#[tokio::test]
async fn those_who_say_nothing_make_room_for_others() {
    with_server(|address| async move {
        let mut silent = VecDeque::new();
        for _ in 0..64 {
            silent.push_back(TcpStream::connect(address).await.unwrap());
        }
        let answer = exchange(address, LIVE).await;
        assert!(answer.ends_with("live\n"), "{answer}");
        // who came first has gone first, and nobody else
        ended(silent.pop_front().unwrap()).await;
        let mut second = silent.pop_front().unwrap();
        second.write_all(LIVE).await.unwrap();
        let mut answer = String::new();
        second.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("live\n"), "{answer}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn those_who_say_nothing_are_given_up() {
    with_server(|address| async move {
        let begun = tokio::time::Instant::now();
        ended(TcpStream::connect(address).await.unwrap()).await;
        let waited = begun.elapsed();
        assert!(waited >= Duration::from_secs(10) && waited < Duration::from_secs(11), "{waited:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_comes_is_given_up() {
    with_server(|address| async move {
        let head = b"POST /explain HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 10\r\n\r\n";
        let answer = exchange(address, head).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn the_end_waits_for_answers_and_for_nobody_else() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = watch::channel(false);
    let test = async {
        let mut idle = TcpStream::connect(address).await.unwrap();
        let mut asking = TcpStream::connect(address).await.unwrap();
        let head = "POST /explain HTTP/1.1\r\nhost: x\r\naccept: text/plain\r\ncontent-length: 13\r\n\r\n";
        asking.write_all(head.as_bytes()).await.unwrap();
        // once this is answered the one before it was read
        exchange(address, b"GET /live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        end.send_replace(true);
        assert_eq!(idle.read(&mut [0; 1]).await.unwrap(), 0, "nothing was asked, so it ends");
        asking.write_all(br#"{"url": "/x"}"#).await.unwrap();
        let mut answer = String::new();
        asking.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains("is forwarded by route all"), "{answer}");
    };
    let served = serve(Rc::new(listener), Rc::new(context(TABLE)), ended);
    LocalSet::new().run_until(async { tokio::join!(served, test) }).await;
    assert!(TcpStream::connect(address).await.is_err());
}
