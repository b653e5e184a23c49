use proptest::prelude::*;

use super::super::fixture::resilience;
use super::*;

fn rules(keys: &str) -> Breaker {
    resilience(&format!("breaker: {{{keys}}}")).breaker().as_deref().expect("it is on").clone()
}

fn at(seconds: u64) -> Moment {
    Moment(seconds * 1000)
}

/// What happens to a breaker.
#[derive(Debug, Clone, Copy)]
enum Event {
    Ok,
    Failed,
    /// A request asks, and goes as the one that tries if it may.
    Asks(Gate),
    TrialOk,
    TrialFailed,
    TrialGone,
}

/// What happens when, in seconds.
type Events<'a> = &'a [(u64, Event)];

use Event::{Asks, Failed, Ok, TrialFailed, TrialGone, TrialOk};

fn happen(state: &BreakerState, rules: &Breaker, event: Event, now: Moment) {
    let saw = |has_failed, by| state.saw(has_failed, by, rules, now);
    match event {
        Ok => _ = saw(false, By::Any),
        Failed => _ = saw(true, By::Any),
        TrialOk => _ = saw(false, By::Trial),
        TrialFailed => _ = saw(true, By::Trial),
        TrialGone => state.give_back(now),
        Asks(gate) => {
            assert_eq!(state.state().gate(now), gate, "{:?} at {now:?}", state.state());
            assert_eq!(state.take_trial(now), gate == Gate::Try);
        }
    }
}

#[test]
fn a_breaker_goes_its_ways() {
    use Gate::{Go, Stop, Try};
    let opened = [(0, Failed), (1, Failed), (2, Failed)];
    let keys = "failure_threshold: 3, window: 10s, recovery_timeout: 30s, recovery_max: 70s";
    let rows: [(&str, Events<'_>, u64); 9] = [
        ("so many in a row open it", &[(3, Asks(Stop)), (31, Asks(Stop))], 2),
        (
            "one request tries, and it closes",
            &[(32, Asks(Try)), (32, Asks(Stop)), (33, TrialOk), (33, Asks(Go))],
            0,
        ),
        (
            "in vain, and the time doubles",
            &[(32, Asks(Try)), (33, TrialFailed), (92, Asks(Stop)), (93, Asks(Try))],
            1,
        ),
        (
            "up to the longest",
            &[
                (32, Asks(Try)),
                (33, TrialFailed),
                (93, Asks(Try)),
                (94, TrialFailed),
                (163, Asks(Stop)),
                (164, Asks(Try)),
            ],
            1,
        ),
        (
            "who began before it opened says nothing new",
            &[(3, Ok), (4, Failed), (31, Asks(Stop)), (32, Asks(Try))],
            1,
        ),
        ("nor while one tries", &[(32, Asks(Try)), (33, Ok), (33, Failed), (34, Asks(Stop))], 1),
        ("who goes without a word leaves its place", &[(32, Asks(Try)), (33, TrialGone), (33, Asks(Try))], 1),
        (
            "closed, it begins anew",
            &[
                (32, Asks(Try)),
                (33, TrialOk),
                (34, Failed),
                (35, Failed),
                (35, Asks(Go)),
                (36, Failed),
                (65, Asks(Stop)),
                (66, Asks(Try)),
            ],
            1,
        ),
        ("nothing is lost while nobody asks", &[(100_000, Asks(Try))], 1),
    ];
    let rules = rules(keys);
    for (name, events, code) in rows {
        let state = BreakerState::default();
        for (seconds, event) in opened.iter().chain(events) {
            happen(&state, &rules, *event, at(*seconds));
        }
        assert_eq!(state.state().code(), code, "{name}: {:?}", state.state());
    }
}

#[test]
fn what_does_not_open_it() {
    let rows: [(&str, Events<'_>); 3] = [
        ("a success between them", &[(0, Failed), (1, Failed), (2, Ok), (3, Failed), (4, Failed)]),
        ("too long between the first and the last", &[(0, Failed), (1, Failed), (11, Failed), (12, Failed)]),
        ("too few", &[(0, Failed), (10, Failed)]),
    ];
    let rules = rules("failure_threshold: 3, window: 10s");
    for (name, events) in rows {
        let state = BreakerState::default();
        events.iter().for_each(|(seconds, event)| happen(&state, &rules, *event, at(*seconds)));
        assert_eq!(state.state().code(), 0, "{name}");
    }
}

#[test]
fn a_share_of_failures_opens_it_when_there_were_enough_requests() {
    let rules = rules("failure_threshold: none, ratio: 50%, volume: 10, window: 10s");
    let state = BreakerState::default();
    (0..4).for_each(|_| happen(&state, &rules, Failed, at(1)));
    (0..5).for_each(|_| happen(&state, &rules, Ok, at(2)));
    assert_eq!(state.state().code(), 0, "nine are too few");
    happen(&state, &rules, Failed, at(3));
    assert_eq!(state.state().code(), 2, "five of ten");
    happen(&state, &rules, Asks(Gate::Try), at(33));
    happen(&state, &rules, TrialOk, at(34));
    happen(&state, &rules, Failed, at(34));
    assert_eq!(state.state().code(), 0, "what there was before is forgotten");
}

#[test]
fn failures_of_long_ago_are_no_share() {
    let rules = rules("failure_threshold: none, ratio: 50%, volume: 4, window: 10s");
    let state = BreakerState::default();
    (0..3).for_each(|_| happen(&state, &rules, Failed, at(0)));
    (0..8).for_each(|_| happen(&state, &rules, Ok, at(20)));
    happen(&state, &rules, Failed, at(20));
    assert_eq!(state.state().code(), 0);
}

#[test]
fn states_fit_in_an_atomic() {
    assert_eq!(State::default().pack(), 0);
    for state in [
        State::Closed { failures: u16::MAX, since: Moment(MOMENT) },
        State::Closed { failures: 1, since: Moment(0) },
        State::Open { until: Moment(MOMENT), opened: OPENED_MAX as u8 },
        State::Open { until: Moment(1), opened: 1 },
        State::HalfOpen { opened: 3 },
    ] {
        assert_eq!(State::unpack(state.pack()), state);
    }
}

proptest! {
    #[test]
    fn one_tries_at_a_time_and_the_time_stays_within_its_bounds(
        steps in proptest::collection::vec((0_u64..40_000, 0_u8..5), 1..200),
    ) {
        let rules = rules("failure_threshold: 2, window: 10s, recovery_timeout: 5s, recovery_max: 60s");
        let state = BreakerState::default();
        let (mut now, mut tries) = (Moment(0), false);
        for (step, what) in steps {
            now = now.after(Duration::from_millis(step));
            match what {
                0 => happen(&state, &rules, Failed, now),
                1 => happen(&state, &rules, Ok, now),
                2 if state.take_trial(now) => {
                    prop_assert!(!tries, "two at a time");
                    tries = true;
                }
                3 if tries => {
                    happen(&state, &rules, TrialFailed, now);
                    tries = false;
                }
                4 if tries => {
                    happen(&state, &rules, TrialOk, now);
                    tries = false;
                    prop_assert_eq!(state.state().code(), 0);
                }
                _ => {}
            }
            prop_assert_eq!(tries, state.state().code() == 1);
            if let State::Open { until, .. } = state.state() {
                prop_assert!(until.since(now) <= Duration::from_secs(60));
            }
        }
    }
}
