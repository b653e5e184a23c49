#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

fn answer(status: u16, version: &str) -> Outcome<'_> {
    let answer = Answered { status, version: version.as_bytes(), grpc: None };
    Outcome { answer: Ok(answer), bytes_in: 10, bytes_out: 0 }
}

fn failure(fault: Fault) -> Outcome<'static> {
    Outcome { answer: Err(fault), bytes_in: 1, bytes_out: 3 }
}

#[test]
fn counts_add_up() {
    let mut tally = Tally::new().unwrap();
    for (status, version) in [(200, "v1"), (200, "v2"), (304, "v1"), (404, ""), (503, "v1")] {
        tally.record(&answer(status, version), 1_000_000);
    }
    for fault in [Fault::Connect, Fault::Reset, Fault::Reset, Fault::Timeout, Fault::Malformed] {
        tally.record(&failure(fault), 0);
    }
    let mut sum = Tally::new().unwrap();
    sum.add(&tally);
    sum.add(&tally);
    assert_eq!((tally.ok(), tally.answers(), tally.requests(), tally.bytes_in), (3, 5, 10, 55));
    assert_eq!((sum.ok(), sum.answers(), sum.requests(), sum.bytes_in), (6, 10, 20, 110));
    assert_eq!(sum.bytes_out, 30);
    assert_eq!(sum.faults, Faults { connect: 2, reset: 4, timeout: 2, malformed: 2 });
    assert_eq!(sum.versions.into_iter().collect::<Vec<_>>(), [("v1".to_owned(), 6), ("v2".to_owned(), 2)]);
}

#[test]
fn latencies_keep_three_digits_whatever_their_size() {
    let mut tally = Tally::new().unwrap();
    for nanoseconds in [1_234, 56_789_000, 3_600_000_000_000] {
        tally.record(&answer(200, ""), nanoseconds);
        let seen = tally.latency.max();
        assert!(seen.abs_diff(nanoseconds) <= nanoseconds / 1000, "{seen} for {nanoseconds}");
    }
}

#[test]
fn versions_beyond_the_limit_are_counted_together() {
    let mut tally = Tally::new().unwrap();
    (0..100).for_each(|number| tally.record(&answer(200, &format!("v{number}")), 1));
    assert_eq!(tally.versions.len(), VERSIONS_MAX + 1);
    assert_eq!(tally.versions[OTHER_VERSIONS], 36);
}

#[test]
fn taking_leaves_nothing() {
    let mut tally = Tally::new().unwrap();
    tally.record(&answer(200, "v1"), 5);
    tally.record(&failure(Fault::Reset), 0);
    assert_eq!(tally.take().requests(), 2);
    assert_eq!((tally.requests(), tally.bytes_in, tally.versions.len()), (0, 0, 0));
}

#[test]
fn a_call_that_failed_is_not_well() {
    let mut tally = Tally::new().unwrap();
    for grpc in [Some(0), Some(14), Some(14), None] {
        let answer = Answered { status: 200, version: b"", grpc };
        tally.record(&Outcome { answer: Ok(answer), bytes_in: 0, bytes_out: 0 }, 1);
    }
    assert_eq!((tally.answers(), tally.ok()), (4, 2));
    assert_eq!(tally.grpc_statuses.into_iter().collect::<Vec<_>>(), [(0, 1), (14, 2)]);
}
