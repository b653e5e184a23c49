use std::num::NonZeroU64;
use std::time::Duration;

use super::*;

const MILLI: u64 = SECOND / 1000;

/// Ten requests, one each millisecond.
fn pacer(number: u64, lanes: u64, wait_max: u64) -> Pacer {
    let plan = Plan::new(Duration::ZERO, &[NonZeroU64::new(1000)], Duration::from_millis(10));
    Pacer::new(plan, number, lanes, wait_max)
}

fn index(turn: Turn) -> Option<u64> {
    if let Turn::Ask(due) = turn { Some(due.index) } else { None }
}

#[test]
fn a_request_is_handed_out_when_its_time_has_come_and_keeps_that_time() {
    let pacer = pacer(0, 1, SECOND);
    assert_eq!(pacer.take(0), Turn::Ask(Due { index: 0, at: 0, span: 1 }));
    assert_eq!(pacer.take(MILLI - 1), Turn::Wait);
    assert_eq!(pacer.take(5 * MILLI), Turn::Ask(Due { index: 1, at: MILLI, span: 1 }), "it waited for 4 ms");
    assert_eq!(pacer.take(5 * MILLI), Turn::Ask(Due { index: 2, at: 2 * MILLI, span: 1 }));
}

#[test]
fn lanes_take_turns() {
    let lanes = [pacer(0, 3, SECOND), pacer(1, 3, SECOND), pacer(2, 3, SECOND)];
    let mut taken: Vec<_> =
        lanes.iter().flat_map(|pacer| std::iter::from_fn(|| index(pacer.take(20 * MILLI)))).collect();
    taken.sort_unstable();
    assert_eq!(taken, (0..10).collect::<Vec<_>>());
}

#[test]
fn what_waited_too_long_is_counted_and_not_sent() {
    let pacer = pacer(0, 1, 2 * MILLI);
    assert_eq!(index(pacer.take(6 * MILLI)), Some(4), "0 to 3 are more than 2 ms late");
    assert_eq!(pacer.late(), [0, 4 + 5], "and the last five nobody asked for");
}

#[test]
fn what_is_due_at_the_end_is_still_sent_but_not_for_ever() {
    let all = pacer(0, 1, SECOND);
    let taken = std::iter::from_fn(|| index(all.take(11 * MILLI))).count();
    assert_eq!((taken, all.take(11 * MILLI), all.late()), (10, Turn::Over, vec![0, 0]));
    let stuck = pacer(0, 1, SECOND);
    assert_eq!(stuck.take(10 * MILLI + GRACE), Turn::Over);
    assert_eq!(stuck.late(), [0, 10]);
}

#[test]
fn an_early_end_is_the_end_of_what_is_due() {
    let pacer = pacer(0, 1, SECOND);
    pacer.stop(3 * MILLI, &[]);
    assert_eq!(std::iter::from_fn(|| index(pacer.take(3 * MILLI))).count(), 3);
    assert_eq!((pacer.take(3 * MILLI), pacer.late(), pacer.end()), (Turn::Over, vec![0, 0], 3 * MILLI));
}

#[test]
fn each_due_request_wakes_one_that_waits_and_none_twice() {
    let pacer = pacer(0, 1, SECOND);
    let slots: Vec<_> = (0..4).map(|_| Slot::new()).collect();
    for number in [2, 0, 1, 3, 0] {
        slots.get(number).into_iter().for_each(|slot| pacer.park(number, slot));
    }
    // it took a request although nobody woke it
    assert!(slots.get(2).is_some_and(|slot| slot.park(false)));
    assert_eq!(pacer.announce(MILLI, &slots), Some(2 * MILLI));
    let waits = slots.iter().map(|slot| slot.park(false)).collect::<Vec<_>>();
    assert_eq!(waits, [false, false, false, true], "0 and 1 were woken for the requests at 0 and 1 ms");
}

#[test]
fn a_closed_loop_always_has_a_request_until_the_end() {
    let plan = Plan::new(Duration::from_millis(1), &[None], Duration::from_millis(2));
    let pacer = Pacer::new(plan, 1, 2, SECOND);
    assert!(pacer.is_closed());
    assert_eq!(pacer.take(0), Turn::Ask(Due { index: 1, at: 0, span: 0 }));
    assert_eq!(pacer.take(2 * MILLI), Turn::Ask(Due { index: 3, at: 2 * MILLI, span: 1 }));
    assert_eq!(pacer.take(3 * MILLI), Turn::Over);
    assert_eq!(pacer.late(), [0, 0]);
}
