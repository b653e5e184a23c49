#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::io::IoSlice;
use std::time::Duration;

use tokio::time::Instant;

use super::super::frames::{
    ACK, DATA, END_STREAM, GOAWAY, HEADERS, PING, PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE,
};
use super::{Breach, Guard, Unheard};

/// A type that nobody knows.
const UNKNOWN: u8 = 0xfe;

fn frame(kind: u8, flags: u8, payload: usize) -> Vec<u8> {
    let length = u32::try_from(payload).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags, 0, 0, 0, 1], &vec![0; payload]].concat()
}

/// A guard of a client that has said its settings: 9 control frames and 5 resets a second from here on.
fn guard(now: Instant) -> Guard {
    let mut guard = Guard::of_client(10, 5, now);
    guard.judge(&[&[b'P'; 24][..], &frame(SETTINGS, 0, 0)].concat(), now).unwrap();
    guard
}

/// Sends these octets, when the streams up to 1 have begun.
fn sent(guard: &mut Guard, octets: &[u8]) -> Unheard {
    guard.send_some(&[IoSlice::new(octets)], octets.len(), 1)
}

/// How many of these frames pass.
fn passing(guard: &mut Guard, frame: &[u8], now: Instant) -> (usize, Option<Breach>) {
    for count in 0..10_000 {
        if let Err((before, breach)) = guard.judge(frame, now) {
            assert_eq!(before, 0);
            return (count, Some(breach));
        }
    }
    (10_000, None)
}

#[test]
fn what_no_traffic_calls_for_is_limited() {
    let now = Instant::now();
    let table = [
        ("PING", frame(PING, 0, 8), 9),
        ("answers to a PING that nobody sent", frame(PING, ACK, 8), 9),
        ("SETTINGS", frame(SETTINGS, 0, 6), 9),
        ("PRIORITY", frame(PRIORITY, 0, 5), 9),
        ("WINDOW_UPDATE", frame(WINDOW_UPDATE, 0, 4), 9),
        ("GOAWAY", frame(GOAWAY, 0, 8), 9),
        ("CONTINUATION", frame(9, 0, 5), 9),
        ("DATA without anything", frame(DATA, 0, 0), 9),
        ("unknown", frame(UNKNOWN, 0, 100), 9),
        ("unknown and large", frame(UNKNOWN, 0, 2048), 3),
    ];
    for (name, frame, passed) in table {
        assert_eq!(passing(&mut guard(now), &frame, now), (passed, Some(Breach::Control)), "{name}");
    }
    assert_eq!(passing(&mut guard(now), &frame(RST_STREAM, 0, 4), now), (5, Some(Breach::Resets)));
    for traffic in [frame(DATA, 0, 1), frame(DATA, END_STREAM, 0), frame(HEADERS, 5, 3)] {
        assert_eq!(passing(&mut guard(now), &traffic, now), (10_000, None));
    }
}

#[test]
fn a_second_later_as_much_passes_again() {
    let start = Instant::now();
    let mut guard = guard(start);
    let ping = frame(PING, 0, 8);
    for second in 0..5 {
        let now = start + Duration::from_secs(second);
        for _ in 0..9 {
            guard.judge(&ping, now).unwrap();
        }
    }
    let now = start + Duration::from_millis(4_900);
    assert_eq!(passing(&mut guard, &ping, now), (4, Some(Breach::Control)));
}

#[test]
fn traffic_calls_for_more() {
    let now = Instant::now();
    // a large answer, of which every frame is granted anew, twice, and measured
    let mut reader = guard(now);
    for _ in 0..1000 {
        assert_eq!(sent(&mut reader, &frame(DATA, 0, 100)), Unheard::default());
        for answer in [frame(WINDOW_UPDATE, 0, 4), frame(WINDOW_UPDATE, 0, 4), frame(PING, 0, 8)] {
            reader.judge(&answer, now).unwrap();
        }
    }
    // requests, each with its priority, and each taken back after it was answered
    let mut asking = guard(now);
    for _ in 0..1000 {
        for asked in [frame(HEADERS, 5, 3), frame(PRIORITY, 0, 5), frame(WINDOW_UPDATE, 0, 4)] {
            asking.judge(&asked, now).unwrap();
        }
        sent(&mut asking, &frame(HEADERS, 4 | END_STREAM, 3));
        asking.judge(&frame(RST_STREAM, 0, 4), now).unwrap();
    }
    // requests that nobody waits for
    let rapid = [frame(HEADERS, 5, 3), frame(RST_STREAM, 0, 4)].concat();
    let mut guard = guard(now);
    let ended = (0..10).find_map(|count| guard.judge(&rapid, now).err().map(|end| (count, end)));
    assert_eq!(ended, Some((5, (12, Breach::Resets))));
}

#[test]
fn frames_have_their_sizes_and_places() {
    let now = Instant::now();
    let large = [&frame(SETTINGS, 0, 6)[..9], &[0, 4, 0x80, 0, 0, 0]].concat();
    let table = [
        (frame(DATA, 8, 0), Breach::Size),
        (frame(HEADERS, 8, 0), Breach::Size),
        (frame(HEADERS, 0x28, 5), Breach::Size),
        (frame(PRIORITY, 0, 4), Breach::Size),
        (frame(RST_STREAM, 0, 5), Breach::Size),
        (frame(SETTINGS, 0, 5), Breach::Size),
        (frame(SETTINGS, ACK, 6), Breach::Size),
        (frame(PING, 0, 9), Breach::Size),
        (frame(GOAWAY, 0, 7), Breach::Size),
        (frame(WINDOW_UPDATE, 0, 3), Breach::Size),
        (frame(PUSH_PROMISE, 4, 5), Breach::Order),
        (large, Breach::Window),
    ];
    for (frame, breach) in table {
        assert_eq!(guard(now).judge(&frame, now), Err((0, breach)), "{frame:?}");
    }
    for first in [frame(PING, 0, 8), frame(HEADERS, 5, 3), frame(DATA, 0, 1), frame(SETTINGS, ACK, 0)] {
        let mut fresh = Guard::of_endpoint(now);
        assert_eq!(fresh.judge(&first, now), Err((0, Breach::Order)), "{first:?}");
    }
}

#[test]
fn refusals_are_seen_where_they_leave() {
    let mut guard = guard(Instant::now());
    let reset = |code: u8| [&frame(RST_STREAM, 0, 4)[..9], &[0, 0, 0, code]].concat();
    // that of stream 1 is an answer of ours, that of stream 3 is nobody's
    let theirs = [&frame(HEADERS, 5, 1)[..8], &[3, 0x88]].concat();
    let octets = [reset(7), reset(8), reset(7), frame(HEADERS, 5, 1), theirs].concat();
    assert_eq!(sent(&mut guard, &octets[..11]), Unheard::default());
    assert_eq!(sent(&mut guard, &octets[11..]), Unheard { refused: 2, oversized: 1 });
    // a connection that ends in order was not refused, one that ends with a code and a word was
    sent(&mut guard, &frame(GOAWAY, 0, 8));
    assert!(!guard.has_refused());
    sent(&mut guard, &[&frame(GOAWAY, 0, 16)[..13], &[0, 0, 0, 11], b"too many"].concat());
    assert!(guard.has_refused());
}

#[test]
fn what_a_peer_may_send_is_known() {
    let mut guard = guard(Instant::now());
    let now = Instant::now();
    let grant = |stream: u8| [&frame(WINDOW_UPDATE, 0, 4)[..8], &[stream, 0, 0, 1, 0]].concat();
    for octets in [frame(DATA, 0, 1000), frame(DATA, END_STREAM, 0), frame(HEADERS, 5, 3)] {
        guard.judge(&octets, now).unwrap();
    }
    assert_eq!(guard.credit(), 64_535);
    // of a stream it is another matter
    sent(&mut guard, &[grant(0), grant(1)].concat());
    assert_eq!(guard.credit(), 64_791);
}
