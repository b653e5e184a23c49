use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use tokio::time::Instant;

use super::{Credit, FIRST_WINDOW, FRAME_BYTES, Reader};

/// Counts how often it was woken.
#[derive(Default)]
struct Woken(AtomicU32);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn task() -> (Arc<Woken>, Waker) {
    let woken = Arc::<Woken>::default();
    (Arc::clone(&woken), Waker::from(woken))
}

fn times(woken: &Woken) -> u32 {
    woken.0.load(Ordering::Relaxed)
}

#[test]
fn a_window_grows_with_what_is_taken_and_with_those_who_wait() {
    let noop = &Context::from_waker(Waker::noop());
    let window = FIRST_WINDOW as usize;
    // what is taken and for how long, what is left, whether somebody waits, and by how much the window grows
    let table = [
        ((0, 0), 0, false, None),
        ((0, 0), FRAME_BYTES, true, None),
        ((0, 0), FRAME_BYTES - 1, true, Some(FRAME_BYTES)),
        ((window - 1, 0), FIRST_WINDOW, false, None),
        ((window, 1000), FIRST_WINDOW, false, Some(FIRST_WINDOW)),
        ((window, 1001), FIRST_WINDOW, false, None),
        ((1 << 30, 0), 0, true, Some(FIRST_WINDOW)),
    ];
    for ((taken, millis), left, waits, grown) in table {
        let begun = Instant::now();
        let credit = Rc::new(Credit::up_to(1 << 20, begun));
        credit.note(left.into());
        assert_eq!(credit.grow(begun, noop), None, "nobody was asked");
        let mut reader = Reader::of(&credit);
        reader.take(taken);
        if waits {
            reader.wait(noop);
        }
        let now = begun + Duration::from_millis(millis);
        let window = grown.map(|grown| FIRST_WINDOW + grown);
        assert_eq!(credit.grow(now, noop), window, "{taken} {millis} {left} {waits}");
        assert_eq!(credit.grow(now, noop), None, "once");
    }
}

#[test]
fn what_is_taken_slowly_does_not_add_up() {
    let noop = &Context::from_waker(Waker::noop());
    let begun = Instant::now();
    let credit = Rc::new(Credit::up_to(1 << 20, begun));
    let reader = Reader::of(&credit);
    for number in 0..100 {
        reader.take(FIRST_WINDOW as usize / 2);
        assert_eq!(credit.grow(begun + Duration::from_millis(600 * number), noop), None);
    }
}

#[test]
fn a_window_has_an_end() {
    let noop = &Context::from_waker(Waker::noop());
    let now = Instant::now();
    let credit = Rc::new(Credit::up_to(100_000, now));
    let mut reader = Reader::of(&credit);
    credit.note(0);
    let windows: Vec<_> = (0..5)
        .map(|_| {
            credit.grow(now, noop);
            reader.wait(noop);
            credit.grow(now, noop)
        })
        .collect();
    assert_eq!(windows, [Some(81_919), Some(98_303), Some(100_000), None, None]);
    reader.take(200_000);
    assert_eq!(credit.grow(now, noop), None);
}

#[test]
fn whoever_waits_is_asked_when_room_is_short() {
    let (connection, connection_waker) = task();
    let (client, client_waker) = task();
    let (cx, reading) = (&Context::from_waker(&connection_waker), &Context::from_waker(&client_waker));
    let now = Instant::now();
    let credit = Rc::new(Credit::up_to(1 << 20, now));
    let (mut reader, mut other) = (Reader::of(&credit), Reader::of(&credit));
    reader.wait(reading);
    other.wait(reading);
    drop(other);
    assert_eq!(credit.grow(now, cx), None);
    assert_eq!((times(&client), times(&connection)), (0, 0), "there is room");
    credit.note(0);
    assert_eq!(credit.grow(now, cx), None);
    assert_eq!(credit.grow(now, cx), None);
    assert_eq!((times(&client), times(&connection)), (1, 0), "each is asked once");
    reader.wait(reading);
    reader.wait(reading);
    assert_eq!(times(&connection), 1);
    assert_eq!(credit.grow(now, cx), Some(FIRST_WINDOW + FRAME_BYTES));
    credit.note(FRAME_BYTES.into());
    assert_eq!(credit.grow(now, cx), None);
    credit.note(0);
    assert_eq!(credit.grow(now, cx), None);
    assert_eq!(times(&client), 2, "and again when that was not enough");
}
