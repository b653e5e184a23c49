use std::time::Duration;

use proptest::prelude::*;

use super::super::fixture::resilience;
use super::*;

fn rules(keys: &str) -> Ejection {
    resilience(&format!("ejection: {{{keys}}}")).ejection().as_deref().expect("it is on").clone()
}

fn at(seconds: u64) -> Moment {
    Moment(seconds * 1000)
}

#[test]
fn a_run_of_failures_is_one_too_many() {
    use Outcome::{Error, Gateway, Local, Success};
    let all = "consecutive_5xx: 4, consecutive_gateway: 3, consecutive_local: 2";
    let rows: [(&str, &[Outcome], Option<Cause>); 9] = [
        (all, &[Error, Error, Error], None),
        (all, &[Error, Error, Error, Error], Some(Cause::Errors)),
        (all, &[Gateway, Gateway, Gateway], Some(Cause::Gateway)),
        (all, &[Local, Local], Some(Cause::Local)),
        (all, &[Local, Error, Local], None),
        (all, &[Error, Gateway, Local, Gateway], Some(Cause::Gateway)),
        (all, &[Error, Error, Error, Success, Error], None),
        ("consecutive_5xx: 3", &[Error, Gateway, Local], Some(Cause::Errors)),
        ("consecutive_5xx: none, consecutive_local: 5", &[Error; 9], None),
    ];
    for (keys, outcomes, expected) in rows {
        let (state, rules) = (EjectionState::default(), rules(keys));
        let causes: Vec<_> = outcomes.iter().map(|outcome| state.saw(*outcome, &rules)).collect();
        assert_eq!(causes.last().copied().flatten(), expected, "{keys}: {outcomes:?}");
        assert!(causes.iter().rev().skip(1).all(Option::is_none), "{keys}: not before {causes:?}");
    }
}

#[test]
fn the_time_grows_and_is_forgotten_again() {
    let (state, rules) = (EjectionState::default(), rules("base: 10s, max_time: 25s, interval: 5s"));
    assert_eq!((state.until(at(100)), state.times(&rules, at(100))), (None, 0));
    assert_eq!(state.eject(&rules, at(100)), at(110));
    assert_eq!((state.until(at(109)), state.until(at(110))), (Some(at(110)), None));
    assert_eq!(state.eject(&rules, at(112)), at(132), "the second time");
    assert_eq!(state.eject(&rules, at(133)), at(158), "no longer than the longest");
    assert_eq!(state.times(&rules, at(158)), 3);
    assert_eq!(state.times(&rules, at(168)), 1, "two intervals without");
    assert_eq!(state.eject(&rules, at(200)), at(210), "and then it begins anew");
    state.readmit(at(203));
    assert_eq!((state.until(at(203)), state.times(&rules, at(203))), (None, 1));
}

#[test]
fn an_ejection_forgets_what_led_to_it() {
    let (state, rules) = (EjectionState::default(), rules("consecutive_5xx: 2"));
    assert_eq!(state.saw(Outcome::Error, &rules), None);
    assert_eq!(state.saw(Outcome::Error, &rules), Some(Cause::Errors));
    assert_eq!(state.saw(Outcome::Error, &rules), Some(Cause::Errors), "while nobody ejects it");
    state.eject(&rules, at(1));
    assert_eq!(state.saw(Outcome::Error, &rules), None);
}

#[test]
fn there_is_room_for_so_many() {
    for (keys, endpoints, ejected, expected) in [
        ("max: 50%", 4, 1, true),
        ("max: 50%", 4, 2, false),
        ("max: 50%", 3, 0, true),
        ("max: 50%", 3, 1, false),
        ("max: 50%", 2, 0, true),
        ("max: 10%", 5, 0, true),
        ("max: 10%, always_one: false", 5, 0, false),
        ("max: 10%, always_one: false", 10, 0, true),
        ("max: 100%", 4, 2, true),
        // the last one stays
        ("max: 100%", 4, 3, false),
        ("max: 100%", 1, 0, false),
    ] {
        assert_eq!(has_room(&rules(keys), endpoints, ejected), expected, "{keys}: {ejected} of {endpoints}");
    }
}

/// Requests, and how many of them have failed, of each endpoint.
type Shares<'a> = &'a [(u64, u64)];

/// Who is one, and why.
type Found = Vec<(usize, Cause)>;

#[test]
fn shares_speak_against_some() {
    let rate = "consecutive_5xx: none, success_rate: {deviations: 1.5, volume: 10, endpoints: 4}";
    let share = "consecutive_5xx: none, failure_percentage: {threshold: 50%, volume: 10, endpoints: 2}";
    let both = "success_rate: {deviations: 1, volume: 10, endpoints: 4}, failure_percentage: {threshold: 50%, volume: 10, endpoints: 2}";
    use Cause::{FailurePercentage as Share, SuccessRate as Rate};
    let rows: [(&str, Shares<'_>, Found); 9] = [
        (rate, &[(100, 1), (100, 2), (100, 0), (100, 40)], vec![(3, Rate)]),
        (rate, &[(100, 30), (100, 30), (100, 30), (100, 30)], vec![]),
        (rate, &[(100, 0), (100, 0), (100, 0), (9, 9)], vec![]),
        (rate, &[(100, 0), (100, 0), (100, 100)], vec![]),
        (share, &[(10, 5), (10, 4)], vec![(0, Share)]),
        (share, &[(10, 6), (10, 9)], vec![(1, Share), (0, Share)]),
        (share, &[(10, 10), (9, 9)], vec![]),
        (share, &[], vec![]),
        (both, &[(100, 0), (100, 0), (100, 0), (100, 90)], vec![(3, Share)]),
    ];
    for (keys, counts, expected) in rows {
        let counts: Vec<_> =
            counts.iter().map(|(all, failed)| Counts { all: *all, failed: *failed }).collect();
        assert_eq!(outliers(&counts, &rules(keys)), expected, "{keys}: {counts:?}");
    }
}

proptest! {
    #[test]
    fn nobody_is_an_outlier_among_equals(share in 0_u64..=100, endpoints in 1_usize..30) {
        let rules = rules("success_rate: {deviations: 0.1, volume: 1, endpoints: 2}");
        let counts = vec![Counts { all: 100, failed: share }; endpoints];
        prop_assert_eq!(outliers(&counts, &rules), []);
    }

    #[test]
    fn no_time_is_longer_than_the_longest(waits in proptest::collection::vec(0_u64..100_000, 1..300)) {
        let (state, rules) = (EjectionState::default(), rules("base: 7s, max_time: 1m, interval: 10s"));
        let mut now = Moment(0);
        for wait in waits {
            now = now.after(Duration::from_millis(wait));
            let until = state.eject(&rules, now);
            prop_assert!((Duration::from_secs(7)..=Duration::from_secs(60)).contains(&until.since(now)));
            now = until;
        }
    }
}
