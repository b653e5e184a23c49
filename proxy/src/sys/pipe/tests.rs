use std::future::poll_fn;

use rustix::net::{SendFlags, send};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

use super::*;

/// A stream of the proxy and its other end.
fn stream() -> (Stream, UnixStream) {
    let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
    (Stream::Unix(ours), theirs)
}

#[tokio::test]
async fn octets_pass_in_order_and_no_more_than_wanted() {
    let pipes = Rc::new(Pipes::default());
    let (from, mut sender) = stream();
    let (to, mut receiver) = stream();
    sender.write_all(b"bodynext").await.expect("room in the socket");
    let mut pipe = pipes.lend().expect("a pipe");
    assert_eq!(poll_fn(|cx| pipe.poll_fill(cx, &from, 4)).await.expect("octets"), 4);
    assert_eq!(pipe.held(), 4);
    assert_eq!(poll_fn(|cx| pipe.poll_drain(cx, &to)).await.expect("room"), 4);
    assert_eq!(pipe.held(), 0);
    let mut got = [0; 4];
    receiver.read_exact(&mut got).await.expect("octets");
    assert_eq!(&got, b"body");
    assert_eq!(pipes.take_counts(), (4, 0));
    assert_eq!(
        poll_fn(|cx| pipe.poll_fill(cx, &from, 9)).await.expect("octets"),
        4,
        "the rest was left where it was"
    );
}

#[tokio::test]
async fn an_end_is_told_and_a_broken_socket_is_a_fault() {
    let pipes = Rc::new(Pipes::default());
    let (from, sender) = stream();
    drop(sender);
    let mut pipe = pipes.lend().expect("a pipe");
    assert_eq!(poll_fn(|cx| pipe.poll_fill(cx, &from, 4)).await.expect("an end"), 0);
    let (from, mut sender) = stream();
    sender.write_all(b"lost").await.expect("room in the socket");
    assert_eq!(poll_fn(|cx| pipe.poll_fill(cx, &from, 4)).await.expect("octets"), 4);
    let (to, receiver) = stream();
    drop(receiver);
    assert!(poll_fn(|cx| pipe.poll_drain(cx, &to)).await.is_err());
}

#[tokio::test]
async fn what_stands_behind_an_urgent_octet_is_left_to_a_read() {
    let pipes = Rc::new(Pipes::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let mut sender =
        TcpStream::connect(listener.local_addr().expect("a bound port")).await.expect("a listener");
    let mut from = Stream::Tcp(listener.accept().await.expect("a connection").0);
    sender.write_all(b"body").await.expect("room in the socket");
    assert_eq!(send(&sender, b"!", SendFlags::OOB), Ok(1));
    sender.write_all(b"next").await.expect("room in the socket");
    let mut pipe = pipes.lend().expect("a pipe");
    assert_eq!(poll_fn(|cx| pipe.poll_fill(cx, &from, 99)).await.expect("octets"), 4);
    let (to, _receiver) = stream();
    assert_eq!(poll_fn(|cx| pipe.poll_drain(cx, &to)).await.expect("room"), 4);
    assert_eq!(poll_fn(|cx| pipe.poll_fill(cx, &from, 99)).await.expect("a hint"), 0);
    let mut got = [0; 4];
    from.read_exact(&mut got).await.expect("octets");
    assert_eq!(&got, b"next");
    sender.write_all(b"last").await.expect("room in the socket");
    assert_eq!(poll_fn(|cx| pipe.poll_fill(cx, &from, 99)).await.expect("octets"), 4);
}

#[tokio::test]
async fn a_pipe_comes_back_empty_or_not_at_all() {
    let pipes = Rc::new(Pipes::default());
    let (from, mut sender) = stream();
    sender.write_all(b"lost").await.expect("room in the socket");
    let mut pipe = pipes.lend().expect("a pipe");
    assert_eq!(poll_fn(|cx| pipe.poll_fill(cx, &from, 4)).await.expect("octets"), 4);
    drop(pipe);
    assert!(pipes.spare.borrow().is_empty(), "nobody may find the octets of another");
    drop(pipes.lend());
    assert_eq!(pipes.spare.borrow().len(), 1);
    let lent: Vec<_> = (0..PIPES_MAX).map_while(|_| pipes.lend()).collect();
    assert_eq!(lent.len(), PIPES_MAX as usize);
    assert!(pipes.lend().is_none());
    assert_eq!(pipes.take_counts(), (0, 1));
    drop(lent);
    assert_eq!((pipes.lent.get(), pipes.spare.borrow().len()), (0, SPARE_MAX));
}
