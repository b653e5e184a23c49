use std::collections::BTreeMap;

use towpath_config::model::Address;

use super::*;

fn set(weights: &[u32]) -> EndpointSet {
    EndpointSet::new(weights.iter().enumerate().map(|(position, weight)| {
        let address = Address::Ip(([127, 0, 0, 1], 1000 + position as u16).into());
        (Arc::new(EndpointState::new(address)), *weight)
    }))
}

fn counts(set: &EndpointSet, balance: Balance, picks: usize) -> BTreeMap<u16, usize> {
    let mut rng = fastrand::Rng::with_seed(7);
    let mut counts = BTreeMap::new();
    for _ in 0..picks {
        let endpoint = set.pick(balance, &mut rng).expect("an endpoint");
        *counts.entry(endpoint.address().port().expect("a port")).or_default() += 1;
    }
    counts
}

#[test]
fn an_empty_set_gives_nothing() {
    for set in [set(&[]), set(&[0, 0])] {
        for balance in [Balance::RoundRobin, Balance::LeastRequest, Balance::Random] {
            assert!(set.pick(balance, &mut fastrand::Rng::with_seed(1)).is_none());
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
    let ports: Vec<_> =
        (0..8).filter_map(|_| set.pick(Balance::RoundRobin, &mut rng)?.address().port()).collect();
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
    let _active: Vec<_> = (0..10).map(|_| super::super::cluster::Active::begin(busy)).collect();
    let counts = counts(&set, Balance::LeastRequest, 4000);
    assert!(counts[&1000].abs_diff(1000) < 150, "only when it was drawn twice: {counts:?}");
}

#[test]
fn who_was_tried_is_not_picked_again_and_the_others_share_its_part() {
    let set = set(&[1, 2, 0, 3]);
    let id = |position: usize| set.members().nth(position).expect("a member").0.id();
    let all = [id(0), id(1), id(2)];
    for balance in [Balance::RoundRobin, Balance::LeastRequest, Balance::Random] {
        let mut rng = fastrand::Rng::with_seed(3);
        let mut counts = BTreeMap::<u64, usize>::new();
        for _ in 0..4000 {
            let picked = set.pick_other(balance, &mut rng, &all[2..]).expect("there are others");
            *counts.entry(picked.id()).or_default() += 1;
        }
        assert_eq!(counts.keys().copied().collect::<Vec<_>>(), &all[..2], "{balance:?}");
        if balance != Balance::LeastRequest {
            let share = counts[&all[0]];
            assert!((1233..1433).contains(&share), "{balance:?}: {share} of 4000, where a third is right");
        }
        assert!(set.pick_other(balance, &mut rng, &all).is_none(), "{balance:?}");
    }
}
