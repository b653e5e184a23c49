use proptest::collection::vec;
use proptest::prelude::*;
use xxhash_rust::xxh64::xxh64;

use super::Member;

const VARIANTS: [&str; 5] = ["blue", "canary", "green", "next", "stable"];

fn best<'a>(key: &str, split: &[(&'a str, u32)]) -> Option<&'a str> {
    let best = Member::new("cohort", key.as_bytes()).best(split.iter().copied());
    best.map(|position| split[position].0)
}

/// Values of an implementation in another language: what the documentation promises, and what must never change,
/// or users move.
#[test]
fn the_draw_is_the_documented_one() {
    let rows = [
        ("autumn-release", "alice", "stable", 0.254_990_978_692_931_6),
        ("autumn-release", "alice", "canary", 0.872_262_577_819_569_4),
        ("autumn-release", "bob", "stable", 0.655_833_479_437_159_2),
        ("autumn-release", "bob", "canary", 0.388_273_579_940_863_5),
        ("c", "", "v", 0.933_605_246_154_307),
    ];
    for (cohort, key, variant, wanted) in rows {
        let member = Member::new(cohort, key.as_bytes());
        assert!((member.draw(variant) - wanted).abs() < 1e-15, "{key} for {variant}");
        let hash = xxh64(format!("{cohort}\0{key}\0{variant}").as_bytes(), 0);
        assert!((member.draw(variant) - ((hash >> 11) as f64 + 0.5) / 2_f64.powi(53)).abs() < 1e-15);
        assert!((member.score(variant, 90) - 90.0 / -wanted.ln()).abs() < 1e-9);
    }
    let autumn = |key: &str| {
        Member::new("autumn-release", key.as_bytes()).best([("stable", 90), ("canary", 10)].into_iter())
    };
    assert_eq!((autumn("alice"), autumn("bob")), (Some(1), Some(0)));
}

#[test]
fn weight_zero_never_wins() {
    for user in 0..1000 {
        assert_eq!(best(&user.to_string(), &[("blue", 0), ("green", 1), ("next", 0)]), Some("green"));
    }
    assert_eq!(best("x", &[("blue", 0), ("green", 0)]), None);
    assert_eq!(best("x", &[]), None);
}

/// Binomial bounds of 4.5 standard deviations: seven wrong alarms in a million runs, were the users not always the
/// same.
#[test]
fn shares_are_the_weights() {
    const USERS: u32 = 100_000;
    let split = [("blue", 90), ("green", 10), ("next", 50), ("stable", 850)];
    let total: u32 = split.iter().map(|(_, weight)| weight).sum();
    let mut counts = [0_u32; 4];
    for user in 0..USERS {
        let member = Member::new("cohort", format!("user-{user}").as_bytes());
        counts[member.best(split.iter().copied()).unwrap()] += 1;
    }
    for ((variant, weight), count) in split.iter().zip(counts) {
        let share = f64::from(*weight) / f64::from(total);
        let users = f64::from(USERS);
        let bound = 4.5 * (users * share * (1.0 - share)).sqrt();
        assert!((f64::from(count) - users * share).abs() < bound, "{variant}: {count} of {USERS}");
    }
}

#[test]
fn cohorts_are_independent() {
    let split = || [("blue", 50), ("green", 50)].into_iter();
    let same = (0..10_000_u32).filter(|user| {
        let key = user.to_le_bytes();
        Member::new("one", &key).best(split()) == Member::new("two", &key).best(split())
    });
    assert!((4_775..5_225).contains(&same.count()));
}

proptest! {
    /// Raising one weight moves users only towards it, lowering it only away; for any number of destinations.
    #[test]
    fn users_move_only_with_the_weight_that_moved(
        weights in vec(0_u32..1000, 2..=5),
        moved in any::<prop::sample::Index>(),
        weight in 0_u32..1000,
    ) {
        let before: Vec<_> = VARIANTS.into_iter().zip(weights).collect();
        let position = moved.index(before.len());
        let mut after = before.clone();
        after[position].1 = weight;
        let (variant, is_raised) = (before[position].0, weight >= before[position].1);
        for user in 0..200 {
            let (old, new) = (best(&user.to_string(), &before), best(&user.to_string(), &after));
            let there = if is_raised { new } else { old };
            prop_assert!(old == new || there == Some(variant), "{:?} to {:?}: {:?} to {:?}", before, after, old, new);
        }
    }

    #[test]
    fn the_order_does_not_matter(
        split in Just(VARIANTS).prop_shuffle(),
        weights in prop::array::uniform5(0_u32..4),
        key in "[a-z0-9]{0,40}",
    ) {
        let weighted: Vec<_> = split.into_iter().zip(weights).collect();
        let mut sorted = weighted.clone();
        sorted.sort_unstable();
        prop_assert_eq!(best(&key, &weighted), best(&key, &sorted));
    }
}
