//! Against every choice that could have been made.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// A few names, so that things meet; texts of which some are wrong.
fn texts(section: Section) -> Vec<&'static str> {
    match section {
        Section::Listener => vec![
            "{\"address\":\"127.0.0.1:80\"}",
            "{\"address\":\"127.0.0.1:81\"}",
            "{\"address\":\"127.0.0.1:80\",\"protocol\":\"tcp\"}",
            "{\"address\":\"127.0.0.1\"}",
        ],
        Section::Route => vec![
            "{\"to\":\"a\"}",
            "{\"to\":{\"a/x\":1,\"b\":2}}",
            "{\"to\":\"a/y\",\"listeners\":\"a\"}",
            "{\"to\":\"b\",\"listeners\":\"b\",\"headers\":\"none\"}",
            "{\"too\":\"b\"}",
        ],
        Section::Cluster => vec![
            "{}",
            "{\"subsets\":{\"x\":{}}}",
            "{\"subsets\":{\"y\":{}},\"dns\":{\"name\":\"a.test\",\"port\":80}}",
            "{\"balance\":\"best\"}",
        ],
        Section::Endpoints => vec!["[]", "[\"127.0.0.1:9\"]", "[\"127\"]"],
        Section::Settings => {
            vec!["{}", "{\"defaults\":{\"timeout\":\"1s\"}}", "{\"defaults\":{\"timeout\":1}}"]
        }
    }
}

const KEYS: [(Section, &str); 9] = [
    (Section::Settings, "settings"),
    (Section::Listener, "a"),
    (Section::Listener, "b"),
    (Section::Route, "a"),
    (Section::Route, "b"),
    (Section::Cluster, "a"),
    (Section::Cluster, "b"),
    (Section::Endpoints, "a"),
    (Section::Endpoints, "b"),
];

type Said = Vec<Option<Content>>;

/// What is said of each key.
fn said() -> impl Strategy<Value = Said> {
    KEYS.map(|(section, name)| {
        proptest::option::weighted(
            0.8,
            select(texts(section)).prop_map(move |text| resource(section, name, text)),
        )
    })
    .to_vec()
}

fn compiles(contents: &[Option<Content>]) -> bool {
    let units: Vec<Unit> = contents.iter().map(|content| unit(content.clone(), content.clone())).collect();
    let none = vec![true; units.len()];
    matches!(Round::new(&Base::namespace("shop"), &units, &none, None).run("test"), Tried::Good(_))
}

/// What of each unit is live.
fn live(settled: &Settled, units: &[Unit]) -> Said {
    let pairs = settled.outcomes().iter().zip(units);
    pairs
        .map(
            |(outcome, unit)| {
                if matches!(outcome, Outcome::Live) { unit.new.clone() } else { unit.good.clone() }
            },
        )
        .collect()
}

fn after(good: &Said, new: &Said) -> (Settled, Said) {
    let units: Vec<Unit> = good.iter().zip(new).map(|(good, new)| unit(good.clone(), new.clone())).collect();
    let settled = settled(&units);
    let live = live(&settled, &units);
    (settled, live)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_goes_live_compiles_and_cannot_be_larger(first in said(), second in said()) {
        let nothing = vec![None; KEYS.len()];
        let (_, good) = after(&nothing, &first);
        prop_assert!(compiles(&good));
        let (settled, live) = after(&good, &second);
        prop_assert!(compiles(&live));
        // no unit that was put back could have been left, and all of them together least of all
        for (position, outcome) in settled.outcomes().iter().enumerate() {
            let mut more = live.clone();
            more[position] = second[position].clone();
            if !matches!(outcome, Outcome::Live) && more[position] != live[position] && is_reached(position, &more) {
                prop_assert!(!compiles(&more), "{} was put back for nothing: {:?}", KEYS[position].1, outcome);
            }
        }
        // nothing good is lost: what was live and is said still is live
        for (position, now) in live.iter().enumerate() {
            let kept = good[position] == second[position] && good[position].is_some();
            prop_assert!(!kept || *now == good[position]);
        }
        prop_assert!(!is_whole(&second) || live == second);
    }

    #[test]
    fn the_order_of_arrival_does_not_matter(all in said(), order in Just((0..KEYS.len()).collect::<Vec<_>>()).prop_shuffle()) {
        let nothing: Said = vec![None; KEYS.len()];
        let all = after(&vec![None; KEYS.len()], &all).1;
        prop_assert!(is_whole(&all));
        let (mut good, mut new) = (nothing.clone(), nothing);
        for position in order {
            new[position] = all[position].clone();
            good = after(&good, &new).1;
        }
        prop_assert_eq!(good, all);
    }
}

/// Endpoints whose cluster is not there wait, although they hurt nobody.
fn is_reached(position: usize, said: &Said) -> bool {
    let (section, name) = KEYS[position];
    let cluster = KEYS.iter().position(|key| *key == (Section::Cluster, name));
    section != Section::Endpoints
        || said[position].is_none()
        || cluster.is_some_and(|cluster| said[cluster].is_some())
}

fn is_whole(said: &Said) -> bool {
    compiles(said) && (0..KEYS.len()).all(|position| is_reached(position, said))
}
