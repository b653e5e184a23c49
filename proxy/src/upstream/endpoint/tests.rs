use std::time::Duration;

use super::fixture::resilience;
use super::*;

fn endpoint() -> Arc<EndpointState> {
    Arc::new(EndpointState::new(Address::Ip(([127, 0, 0, 1], 1000).into())))
}

fn now() -> Moment {
    Moment::of(Instant::now())
}

#[test]
fn failures_in_a_row_are_counted() {
    let (endpoint, rules) = (endpoint(), resilience(""));
    let ends = |outcome| Active::begin(&endpoint).saw(&rules, outcome, Instant::now());
    for (outcome, expected) in [
        (Outcome::Success, 0),
        (Outcome::Error, 1),
        (Outcome::Gateway, 2),
        (Outcome::Local, 3),
        (Outcome::Success, 0),
    ] {
        assert_eq!((ends(outcome), endpoint.failing()), (Shown::default(), expected), "{outcome:?}");
    }
    assert!(endpoint.standing().is_clear(), "no rule, no bar");
}

#[tokio::test(start_paused = true)]
async fn the_one_that_tries_closes_a_breaker_or_leaves_its_place_to_the_next() {
    let (endpoint, rules) = (endpoint(), resilience("breaker: {failure_threshold: 1, recovery_timeout: 5s}"));
    let standing = endpoint.standing();
    assert_eq!(Active::begin(&endpoint).saw(&rules, Outcome::Local, Instant::now()).turn, Some(Turn::Opened));
    assert!(!standing.is_clear());
    assert_eq!(standing.chance(&rules, now()).gate, Gate::Stop);
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(standing.chance(&rules, now()).gate, Gate::Try);
    assert!(standing.take_trial(now()));
    let gone = Active::begin_trial(&endpoint);
    assert_eq!(standing.chance(&rules, now()).gate, Gate::Stop);
    drop(gone);
    assert!(standing.take_trial(now()), "who goes without a word leaves its place");
    let tries = Active::begin_trial(&endpoint);
    assert_eq!(tries.saw(&rules, Outcome::Success, Instant::now()).turn, Some(Turn::Closed));
    assert!(standing.is_clear(), "and nothing speaks against it any more");
    assert_eq!(
        tries.saw(&rules, Outcome::Local, Instant::now()).turn,
        Some(Turn::Opened),
        "later it is one like others"
    );
    drop(tries);
    assert_eq!(standing.breaker().code(), 2);
}

#[test]
fn a_breaker_that_is_no_longer_wanted_holds_nobody_up() {
    let (endpoint, rules) = (endpoint(), resilience("breaker: {failure_threshold: 1}"));
    assert_eq!(Active::begin(&endpoint).saw(&rules, Outcome::Error, Instant::now()).turn, Some(Turn::Opened));
    let without = resilience("breaker: none");
    assert!(endpoint.standing().chance(&without, now()).is_open(false));
    assert!(endpoint.standing().is_clear());
}
