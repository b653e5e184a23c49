use std::collections::{BTreeMap, BTreeSet};
use std::time::UNIX_EPOCH;

use towpath_config::model::Address;

use super::super::endpoint::Outcome;
use super::super::endpoint::fixture::resilience;
use super::*;

fn set(weights: &[u32]) -> EndpointSet {
    EndpointSet::new(weights.iter().enumerate().map(|(position, weight)| {
        let address = Address::Ip(([127, 0, 0, 1], 1000 + position as u16).into());
        (Arc::new(EndpointState::new(address)), *weight)
    }))
}

fn ask<'a>(balance: Balance, rules: &'a Resilience, tried: &'a [u64]) -> Ask<'a> {
    Ask { balance, rules, tried, now: Instant::now() }
}

fn counts(set: &EndpointSet, balance: Balance, picks: usize) -> BTreeMap<u16, usize> {
    let mut rng = fastrand::Rng::with_seed(7);
    let mut counts = BTreeMap::new();
    let rules = resilience("");
    for _ in 0..picks {
        let pick = set.pick(&ask(balance, &rules, &[]), &mut rng).expect("an endpoint");
        *counts.entry(pick.endpoint.address().port().expect("a port")).or_default() += 1;
    }
    counts
}

#[test]
fn an_empty_set_gives_nothing() {
    let rules = resilience("");
    for set in [set(&[]), set(&[0, 0])] {
        for balance in [Balance::RoundRobin, Balance::LeastRequest, Balance::Random] {
            let picked = set.pick(&ask(balance, &rules, &[]), &mut fastrand::Rng::with_seed(1));
            assert_eq!(picked.err(), Some(Lack::Empty));
        }
    }
}

#[test]
fn round_robin_is_exact_and_even() {
    let set = set(&[1, 2, 0, 5]);
    assert_eq!(
        counts(&set, Balance::RoundRobin, 800),
        BTreeMap::from([(1000, 100), (1001, 200), (1003, 500)])
    );
    let mut rng = fastrand::Rng::with_seed(1);
    let rules = resilience("");
    let mut port =
        || set.pick(&ask(Balance::RoundRobin, &rules, &[]), &mut rng).ok()?.endpoint.address().port();
    let ports: Vec<_> = (0..8).filter_map(|_| port()).collect();
    let longest = ports.chunk_by(|one, other| one == other).map(<[u16]>::len).max();
    assert!(longest <= Some(3), "a heavy endpoint does not come in one block: {ports:?}");
}

#[test]
fn large_weights_keep_their_ratio() {
    let counts = counts(&set(&[1_000_000, 3_000_000]), Balance::RoundRobin, 4096 * 4);
    assert_eq!(counts, BTreeMap::from([(1000, 4096), (1001, 4096 * 3)]));
}

#[test]
fn random_follows_the_weights() {
    let counts = counts(&set(&[1, 3]), Balance::Random, 40_000);
    assert!(counts[&1000].abs_diff(10_000) < 400, "{counts:?}");
}

#[test]
fn least_request_prefers_the_idle_one() {
    let set = set(&[1, 1]);
    let (busy, _) = set.members().next().expect("two members");
    let _active: Vec<_> = (0..10).map(|_| Active::begin(busy)).collect();
    let counts = counts(&set, Balance::LeastRequest, 4000);
    assert!(counts[&1000].abs_diff(1000) < 150, "only when it was drawn twice: {counts:?}");
}

#[test]
fn who_was_tried_is_not_picked_again_and_the_others_share_its_part() {
    let set = set(&[1, 2, 0, 3]);
    let id = |position: usize| set.members().nth(position).expect("a member").0.id();
    let (all, rules) = ([id(0), id(1), id(2)], resilience(""));
    for balance in [Balance::RoundRobin, Balance::LeastRequest, Balance::Random] {
        let mut rng = fastrand::Rng::with_seed(3);
        let mut counts = BTreeMap::<u64, usize>::new();
        for _ in 0..4000 {
            let pick = set.pick(&ask(balance, &rules, &all[2..]), &mut rng).expect("there are others");
            *counts.entry(pick.endpoint.id()).or_default() += 1;
        }
        assert_eq!(counts.keys().copied().collect::<Vec<_>>(), &all[..2], "{balance:?}");
        if balance != Balance::LeastRequest {
            let share = counts[&all[0]];
            assert!((1233..1433).contains(&share), "{balance:?}: {share} of 4000, where a third is right");
        }
        let picked = set.pick(&ask(balance, &rules, &all), &mut rng);
        assert_eq!(picked.err(), Some(Lack::Empty), "{balance:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_is_passed_over_until_one_request_may_try() {
    let rules = resilience("breaker: {failure_threshold: 1, recovery_timeout: 10s}");
    let set = set(&[3, 1, 2]);
    let (broken, _) = set.members().next().expect("three members");
    let ends = |outcome| Active::begin(broken).saw(&rules, outcome, Instant::now());
    ends(Outcome::Local);
    for balance in [Balance::RoundRobin, Balance::LeastRequest, Balance::Random] {
        let mut rng = fastrand::Rng::with_seed(5);
        let mut counts = BTreeMap::<u16, usize>::new();
        for _ in 0..6000 {
            let pick = set.pick(&ask(balance, &rules, &[]), &mut rng).expect("there are others");
            *counts.entry(pick.endpoint.address().port().expect("a port")).or_default() += 1;
        }
        assert_eq!(counts.keys().copied().collect::<Vec<_>>(), [1001, 1002], "{balance:?}");
        assert!(
            balance == Balance::LeastRequest || counts[&1001].abs_diff(2000) < 150,
            "{balance:?}: {counts:?}"
        );
    }
    tokio::time::advance(std::time::Duration::from_secs(10)).await;
    let mut rng = fastrand::Rng::with_seed(5);
    let picks =
        (0..100).map(|_| set.pick(&ask(Balance::Random, &rules, &[]), &mut rng).expect("an endpoint"));
    let tries: Vec<_> = picks.filter(|pick| pick.tries).map(|pick| pick.endpoint.id()).collect();
    assert_eq!(tries, [broken.id()], "one, and once");
}

#[test]
fn where_all_breakers_are_open_none_is_picked() {
    let rules = resilience("breaker: {failure_threshold: 1}");
    for weights in [[1].as_slice(), &[1, 1, 1]] {
        let set = set(weights);
        set.members().for_each(|(endpoint, _)| {
            _ = Active::begin(endpoint).saw(&rules, Outcome::Error, Instant::now());
        });
        for balance in [Balance::RoundRobin, Balance::LeastRequest, Balance::Random] {
            let picked = set.pick(&ask(balance, &rules, &[]), &mut fastrand::Rng::with_seed(1));
            assert_eq!(picked.err(), Some(Lack::Open));
            let tried: Vec<_> = set.members().map(|(endpoint, _)| endpoint.id()).collect();
            let picked = set.pick(&ask(balance, &rules, &tried), &mut fastrand::Rng::with_seed(1));
            assert_eq!(picked.err(), Some(Lack::Empty), "they were tried, so that is why");
        }
    }
}

#[test]
fn who_is_unhealthy_is_not_picked_while_another_may_be() {
    use Health::{Healthy as H, Pending as P, Unchecked as N, Unhealthy as U};
    let (set, rules) = (set(&[1, 2, 0, 3]), resilience(""));
    for (now, expected) in [
        ([H, H, H], vec![0, 1, 2]),
        ([N, N, N], vec![0, 1, 2]),
        ([H, U, H], vec![0, 2]),
        ([U, U, H], vec![2]),
        ([U, P, H], vec![2]),
        // nobody is known to be healthy: a process that starts
        ([P, P, P], vec![0, 1, 2]),
        ([U, P, P], vec![1, 2]),
        ([U, U, U], vec![]),
    ] {
        set.members().zip(now).for_each(|((endpoint, _), health)| endpoint.probed(health, UNIX_EPOCH));
        for balance in [Balance::RoundRobin, Balance::LeastRequest, Balance::Random] {
            let mut rng = fastrand::Rng::with_seed(5);
            let mut pick = || set.pick(&ask(balance, &rules, &[]), &mut rng).map(|pick| pick.endpoint.id());
            let picked: Vec<_> = (0..200).map(|_| pick()).collect();
            let ids: Vec<_> = set.members().map(|(endpoint, _)| endpoint.id()).collect();
            let wanted: BTreeSet<_> = expected.iter().map(|position| ids[*position]).collect();
            assert_eq!(
                picked.iter().flatten().copied().collect::<BTreeSet<_>>(),
                wanted,
                "{now:?} {balance:?}"
            );
            assert!(picked.iter().all(|pick| pick.is_ok() || *pick == Err(Lack::Unavailable)), "{now:?}");
        }
        assert_eq!(set.is_unhealthy(), expected.is_empty(), "{now:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_ejected_is_passed_over_unless_too_few_are_left() {
    let rules = resilience("ejection: {consecutive_5xx: 1, base: 10s, max: 100%}, panic: 40%");
    let set = set(&[1, 1, 1, 1]);
    let ejection = rules.ejection().as_deref().expect("it is on");
    let outliers = super::super::endpoint::Outliers::default();
    let eject = |position: usize| {
        let suspect = set.members().nth(position).expect("a member").0.standing();
        let all = set.members().map(|(endpoint, _)| endpoint.standing());
        outliers.eject(suspect, all, ejection, Moment::of(Instant::now()))
    };
    for (position, left, panics) in [(0, 3, 0), (1, 2, 0), (2, 4, 3)] {
        eject(position).expect("a decision");
        for balance in [Balance::RoundRobin, Balance::LeastRequest, Balance::Random] {
            let mut rng = fastrand::Rng::with_seed(5);
            let picks: Vec<_> =
                (0..4000).map(|_| set.pick(&ask(balance, &rules, &[]), &mut rng).expect("one")).collect();
            let ids = |in_panic: bool| -> BTreeMap<u64, usize> {
                picks.iter().filter(|pick| !in_panic || pick.in_panic).fold(
                    BTreeMap::new(),
                    |mut counts, pick| {
                        *counts.entry(pick.endpoint.id()).or_default() += 1;
                        counts
                    },
                )
            };
            assert_eq!((ids(false).len(), ids(true).len()), (left, panics), "{balance:?} {position}");
            assert!(
                ids(false).values().all(|count| count.abs_diff(4000 / left) < 200),
                "{balance:?} {:?}",
                ids(false)
            );
        }
    }
    let without = resilience("ejection: {consecutive_5xx: 1}, panic: none");
    let subset = EndpointSet::new(set.members().take(3).map(|(endpoint, _)| (Arc::clone(endpoint), 1)));
    let picked = subset.pick(&ask(Balance::Random, &without, &[]), &mut fastrand::Rng::with_seed(1));
    assert_eq!(picked.err(), Some(Lack::Unavailable), "a subset may be left without");
    tokio::time::advance(std::time::Duration::from_secs(10)).await;
    let picked = subset.pick(&ask(Balance::Random, &without, &[]), &mut fastrand::Rng::with_seed(1));
    assert!(picked.is_ok(), "they are back");
    assert_eq!(counts(&set, Balance::RoundRobin, 8).len(), 4);
}
