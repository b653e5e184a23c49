use std::sync::atomic::AtomicBool;
use std::thread;

use super::*;

const LONGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn what_was_written_is_read_back() {
    let slot = Slot::default();
    assert_eq!(slot.read(), None, "nothing stands there at first");
    let at = UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
    for id in ["a", "12345678", "123456789", "é", LONGEST] {
        for identity in [Identity::Trace, Identity::Request] {
            slot.write(identity, id.as_bytes(), Duration::from_micros(42), at);
            let wanted = Exemplar { identity, id: id.to_owned(), elapsed: Duration::from_micros(42), at };
            assert_eq!(slot.read(), Some(wanted));
        }
    }
}

#[test]
fn an_id_that_cannot_be_shown_is_not_kept() {
    let slot = Slot::default();
    let long = format!("{LONGEST}0");
    for id in ["", long.as_str()] {
        slot.write(Identity::Request, id.as_bytes(), Duration::ZERO, UNIX_EPOCH);
        assert_eq!(slot.read(), None);
    }
    slot.write(Identity::Request, b"\xff", Duration::ZERO, UNIX_EPOCH);
    assert_eq!(slot.read(), None, "it is no text");
}

#[test]
fn a_reader_sees_one_request_or_none() {
    let (slot, done) = (Slot::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..200_000_u64 {
                let digit = char::from(b'0' + (round % 10) as u8);
                let id = digit.to_string().repeat(1 + (round % 10) as usize * 6);
                slot.write(Identity::Request, id.as_bytes(), Duration::from_micros(round % 10), UNIX_EPOCH);
            }
            done.store(true, Ordering::Release);
        });
        let mut seen = 0_u64;
        while !done.load(Ordering::Acquire) || seen == 0 {
            let Some(Exemplar { id, elapsed, .. }) = slot.read() else { continue };
            let digit = id.as_bytes()[0];
            assert!(id.bytes().all(|octet| octet == digit), "{id}");
            let round = u64::from(digit - b'0');
            assert_eq!((id.len() as u64, elapsed.as_micros() as u64), (1 + round * 6, round));
            seen += 1;
        }
    });
}
