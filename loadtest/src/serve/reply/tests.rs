#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use clap::Parser;

use super::*;
use crate::arguments::{Arguments, Command};

fn replies(arguments: &[&str]) -> Replies {
    let all = ["towpath-load", "serve"].iter().chain(arguments);
    let Command::Serve(serve) = Arguments::try_parse_from(all).expect("arguments that can be read").command
    else {
        return replies(&[]);
    };
    Replies::new(serve.faults, serve.version)
}

fn question(wish: Option<&str>) -> Question {
    Question { head: false, keep_alive: true, wish: wish.map(str::to_owned), grpc: false }
}

fn own(reply: Reply) -> Box<Own> {
    if let Reply::Own(own) = reply { Some(own) } else { None }.expect("an answer of its own")
}

fn line(own: &Own) -> &str {
    std::str::from_utf8(&own.head).unwrap().lines().next().unwrap()
}

#[test]
fn what_nobody_wishes_otherwise_is_ready() {
    let replies = replies(&["--size", "3", "--version", "v7"]);
    assert_eq!(replies.decide(&question(None), 1, &mut || 0.0), Reply::Ready);
    let text = std::str::from_utf8(replies.ready()).unwrap();
    assert!(
        text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("content-length: 3\r\n\r\nxxx"),
        "{text}"
    );
    assert!(text.contains("\r\nx-version: v7\r\n"), "{text}");
}

#[test]
fn shares_are_drawn() {
    let failing = replies(&["--fail", "10%", "--status", "503"]);
    assert_eq!(failing.decide(&question(None), 1, &mut || 0.1), Reply::Ready);
    assert_eq!(
        line(&own(failing.decide(&question(None), 1, &mut || 0.09))),
        "HTTP/1.1 503 Service Unavailable"
    );
    let resetting = replies(&["--reset", "10%"]);
    assert_eq!(resetting.decide(&question(None), 1, &mut || 0.09), Reply::Reset);
    assert_eq!(resetting.decide(&question(None), 1, &mut || 0.1), Reply::Ready);
    let babbling = replies(&["--garbage", "10%"]);
    assert_eq!(babbling.decide(&question(None), 1, &mut || 0.09), Reply::Garbage);
    assert_eq!(babbling.decide(&question(None), 1, &mut || 0.1), Reply::Ready);
}

#[test]
fn a_wish_goes_before_the_command_line() {
    let replies = replies(&["--delay", "1s", "--fail", "100%", "--trickle", "1/1s"]);
    let wish = question(Some("delay=0s,status=204,size=7,trickle=2/1s"));
    let own = own(replies.decide(&wish, 1, &mut || 0.5));
    assert_eq!((line(&own), own.delay, own.body.bytes()), ("HTTP/1.1 204 No Content", Duration::ZERO, 0));
    assert_eq!(own.trickle, "2/1s".parse().ok());
    assert!(!String::from_utf8_lossy(&own.head).contains("content-length"));
}

#[test]
fn a_connection_closes_when_it_is_to() {
    let replies = replies(&["--close-after", "2"]);
    assert_eq!(replies.decide(&question(None), 1, &mut || 0.0), Reply::Ready);
    let rows = [
        (question(None), 2),
        (question(Some("close")), 1),
        (Question { keep_alive: false, ..question(None) }, 1),
        (question(Some("nonsense")), 1),
    ];
    for (question, number) in rows {
        let own = own(replies.decide(&question, number, &mut || 0.0));
        assert!(!own.keep_alive && String::from_utf8_lossy(&own.head).contains("\r\nconnection: close\r\n"));
    }
}

#[test]
fn an_answer_to_head_has_the_length_and_no_body() {
    let own = own(replies(&[]).decide(&Question { head: true, ..question(None) }, 1, &mut || 0.0));
    assert_eq!((own.body.bytes(), own.length), (0, Some(100)));
    assert!(String::from_utf8_lossy(&own.head).contains("\r\ncontent-length: 100\r\n"));
}

#[test]
fn a_large_body_is_sent_in_pieces() {
    let replies = replies(&["--size", "1MiB"]);
    let own = own(replies.decide(&question(None), 1, &mut || 0.0));
    assert_eq!(own.body.bytes(), 1 << 20);
    assert_eq!((replies.piece(&own, 1 << 20).len(), replies.piece(&own, 5).len()), (PIECE_BYTES, 5));
}

#[test]
fn a_refusal_is_said_in_words() {
    let replies = replies(&["--trickle", "3/1ms"]);
    let own = own(replies.refuse("no such wish"));
    assert_eq!((own.status, own.length, own.body.bytes()), (400, Some(13), 13));
    assert_eq!((replies.piece(&own, 13), replies.piece(&own, 1)), (&b"no such wish\n"[..], &b"\n"[..]));
}
