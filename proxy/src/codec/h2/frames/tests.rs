#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::{DATA, Frame, Frames, HEADERS, PING, RST_STREAM, SETTINGS};

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

type Seen = (u8, u8, u32, u32, Vec<u8>);

fn told(frame: &Frame<'_>) -> Seen {
    (frame.kind, frame.flags, frame.stream, frame.length, frame.payload.to_vec())
}

fn seen(octets: &[u8], cuts: &[usize]) -> Vec<Seen> {
    let mut frames = Frames::behind(3);
    let mut seen = Vec::new();
    let mut from = 0;
    for cut in cuts.iter().copied().chain([octets.len()]) {
        let judge = |frame: &Frame<'_>| {
            seen.push(told(frame));
            Ok::<_, ()>(())
        };
        frames.pass(&octets[from..cut], judge).unwrap();
        from = cut;
    }
    seen
}

#[test]
fn frames_are_seen_wherever_they_are_cut() {
    let settings = [0, 4, 0, 1, 0, 0];
    let octets = [
        b"PRI".to_vec(),
        frame(SETTINGS, 0, 0, &settings),
        frame(HEADERS, 4, 1, &[0x82; 20]),
        frame(DATA, 0, 1, &[]),
        frame(SETTINGS, 0, 0, &[0; 60]),
        frame(RST_STREAM, 0, 0x8000_0001, &[0, 0, 0, 7]),
        frame(0xfe, 9, 3, &[1; 300]),
        frame(PING, 1, 0, &[2; 8]),
    ]
    .concat();
    let expected = vec![
        (SETTINGS, 0, 0, 6, settings.to_vec()),
        (HEADERS, 4, 1, 20, vec![]),
        (DATA, 0, 1, 0, vec![]),
        (SETTINGS, 0, 0, 60, vec![]),
        (RST_STREAM, 0, 1, 4, vec![0, 0, 0, 7]),
        (0xfe, 9, 3, 300, vec![]),
        (PING, 1, 0, 8, vec![]),
    ];
    assert_eq!(seen(&octets, &[]), expected);
    for first in 0..octets.len() {
        assert_eq!(seen(&octets, &[first]), expected, "cut at {first}");
        for second in first..octets.len().min(first + 16) {
            assert_eq!(seen(&octets, &[first, second]), expected, "cut at {first} and {second}");
        }
    }
    let every: Vec<_> = (0..octets.len()).collect();
    assert_eq!(seen(&octets, &every), expected, "octet by octet");
}

#[test]
fn who_refuses_a_frame_is_told_what_stands_in_front_of_it() {
    let octets = [frame(DATA, 0, 1, &[0; 5]), frame(PING, 0, 0, &[0; 8]), frame(DATA, 1, 1, &[])].concat();
    let refused = |frames: &mut Frames, octets: &[u8]| {
        frames.pass(octets, |frame| if frame.kind == PING { Err("ping") } else { Ok(()) })
    };
    assert_eq!(refused(&mut Frames::behind(0), &octets), Err((14, "ping")));
    let mut cut = Frames::behind(0);
    assert_eq!(refused(&mut cut, &octets[..18]), Ok(()));
    assert_eq!(refused(&mut cut, &octets[18..]), Err((0, "ping")), "it began before");
}
