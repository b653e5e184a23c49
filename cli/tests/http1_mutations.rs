//! Requests with bytes changed at random: whatever becomes of them, the proxy and the upstream count the same requests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;
#[path = "tables/lib.rs"]
mod tables;

use support::{Client, Dice, Expect, Proxy, Upstream};

const ROUNDS: usize = 6000;

/// What is put in: the bytes on which parsers disagree.
const PIECES: &[&[u8]] = &[
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n\r\n",
    b"\n\n",
    b" ",
    b"\t",
    b":",
    b"\0",
    b",",
    b";",
    b"0",
    b"1",
    b"5",
    b"a",
    b"\x0b",
    b"\x0c",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"/",
    b"?",
    b"#",
    b"%",
    b"..",
    b"\\",
    b"_",
    b"+",
    b"-",
    b"x",
    b"\"",
    b"chunked",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"transfer-encoding:\tchunked\r\n",
    b"Content-Length: 0\r\n",
    b"Host: other.test\r\n",
    b"Connection: close\r\n",
    b"Connection: content-length\r\n",
    b"0\r\n\r\n",
    b"GET /inner HTTP/1.1\r\nHost: shop.test\r\n\r\n",
    b" HTTP/1.1",
    b"HTTP/1.0",
];

/// Changes a request in one place or two.
fn mutate(dice: &mut Dice, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..=dice.roll(2) {
        let at = dice.roll(bytes.len());
        let end = match dice.roll(4) {
            0 => (at + 1 + dice.roll(4)).min(bytes.len()),
            1 => at + 1,
            _ => at,
        };
        let piece = if dice.roll(8) == 0 { b"" } else { PIECES[dice.roll(PIECES.len())] };
        bytes.splice(at..end, piece.iter().copied());
    }
    bytes
}

/// Requests to begin with; none is a `HEAD`, whose answers would have to be read in another way.
fn seeds() -> Vec<Vec<u8>> {
    use tables::{body, fields, framing, hops, place, start_line};
    let cases = [
        framing::cases(),
        body::cases(),
        fields::cases(),
        start_line::cases(),
        place::cases(),
        hops::cases(),
    ];
    let plain = |case: &support::Case| matches!(case.expect, Expect::Forwarded(_)) && case.bytes.len() <= 300;
    let seeds = cases.concat().into_iter().filter(plain).map(|case| case.bytes);
    seeds.filter(|bytes| !bytes.starts_with(b"HEAD")).collect()
}

#[test]
fn both_sides_count_the_same_requests() {
    let upstream = Upstream::echo();
    let proxy = Proxy::in_front_of(upstream.address(), "", "");
    let (seeds, mut dice) = (seeds(), Dice(0x2545_f491_4f6c_dd1d));
    let (mut forwarded, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let seed = seeds[dice.roll(seeds.len())].clone();
        let bytes = mutate(&mut dice, seed);
        let shown = || format!("round {round}: {}", bytes.escape_ascii());
        let mut client = Client::connect(proxy.address("web"));
        client.send(&bytes).send("GET /behind HTTP/1.1\r\nHost: shop.test\r\n\r\n").wire().finish();
        let mut answered = Vec::new();
        while client.wire().has_more().unwrap() {
            let response = client.response().unwrap_or_else(|fault| panic!("{}: {fault}", shown()));
            match response.status {
                200 => answered.push(response.value("x-seen").expect("an upstream's answer").to_owned()),
                400..=599 => refused += 1,
                status => panic!("{}: {status}", shown()),
            }
        }
        let received = upstream.drain();
        // bodies may break on the way; a head that the upstream cannot read may not come at all
        let unread = received.iter().find(|one| one.head.raw.is_empty());
        assert!(unread.is_none(), "{}: {unread:?}", shown());
        let whole = received.into_iter().filter(|one| one.broken.is_none()).map(|one| one.head.line);
        assert_eq!(whole.collect::<Vec<_>>(), answered, "{}", shown());
        forwarded += answered.len();
    }
    assert!(forwarded > ROUNDS / 5 && refused > ROUNDS / 4, "{forwarded} forwarded, {refused} refused");
}
