#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

fn plan(warmup_millis: u64, rates: &[u64], each_millis: u64) -> Plan {
    let rates: Vec<_> = rates.iter().map(|rate| NonZeroU64::new(*rate)).collect();
    Plan::new(Duration::from_millis(warmup_millis), &rates, Duration::from_millis(each_millis))
}

#[test]
fn requests_are_evenly_spread_and_the_warm_up_comes_first() {
    let plan = plan(2, &[1000], 3);
    let due: Vec<_> = (0..6).map(|index| plan.at(index)).collect();
    let at = |index, millis: u64, span| Some(Due { index, at: millis * 1_000_000, span });
    assert_eq!(due, [at(0, 0, 0), at(1, 1, 0), at(2, 2, 1), at(3, 3, 1), at(4, 4, 1), None]);
    assert_eq!(plan.end(), 5_000_000);
    assert_eq!(plan.spans().iter().map(|span| span.measured).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn without_a_warm_up_measuring_begins_at_once() {
    assert_eq!(plan(0, &[10], 1000).at(0), Some(Due { index: 0, at: 0, span: 1 }));
}

#[test]
fn steps_follow_each_other_without_a_gap() {
    let plan = plan(0, &[100, 200, 400], 1000);
    let firsts: Vec<_> = [0, 100, 300, 699].iter().map(|index| plan.at(*index).unwrap()).collect();
    assert_eq!(firsts.iter().map(|due| due.span).collect::<Vec<_>>(), [1, 2, 3, 3]);
    assert_eq!(firsts.iter().map(|due| due.at).collect::<Vec<_>>(), [0, SECOND, 2 * SECOND, 2_997_500_000]);
    assert_eq!(plan.at(700), None);
}

#[test]
fn nothing_drifts_however_long() {
    let day = 86_400_000;
    for rate in [1, 3, 7, 999_983, 10_000_000] {
        let plan = plan(0, &[rate], day);
        let count = rate * 86_400;
        assert_eq!(plan.at(count), None);
        let last = plan.at(count - 1).unwrap().at;
        assert_eq!(last, (u128::from(count - 1) * 1_000_000_000 / u128::from(rate)) as u64, "{rate}");
        let hour = plan.at(rate * 3600).unwrap();
        assert_eq!(hour.at, 3600 * SECOND, "{rate}");
    }
}

#[test]
fn every_time_belongs_to_one_span() {
    let plan = Plan::new(Duration::from_secs(1), &[None], Duration::from_secs(2));
    let spans: Vec<_> = [0, SECOND - 1, SECOND, 3 * SECOND - 1, 3 * SECOND].map(|at| plan.span_at(at)).into();
    assert_eq!(spans, [Some(0), Some(0), Some(1), Some(1), None]);
    assert_eq!(plan.at(0), None, "a closed loop fixes nothing in advance");
}
