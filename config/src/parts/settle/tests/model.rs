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
    matches!(Round::new(&Base::namespace("shop"), &units, &none).run("test"), Tried::Good(_))
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

/// So many names for each section.
const NAMES: usize = 8;

const LETTERS: [&str; NAMES] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// What is said of many parts at once, most of which have to do with others.
fn many() -> impl Strategy<Value = Vec<(PartName, Option<Content>)>> {
    let name = || select(LETTERS.to_vec());
    let of = |section: Section, name: &'static str, text: BoxedStrategy<String>| {
        let content = text.prop_map(move |text| resource(section, name, &text));
        let key = PartName::new(section, name).expect("a name");
        proptest::option::weighted(0.8, content).prop_map(move |content| (key.clone(), content)).boxed()
    };
    let listener = || {
        prop_oneof![
            3 => (80..86u16).prop_map(|port| format!("{{\"address\":\"127.0.0.1:{port}\"}}")),
            1 => (80..86u16).prop_map(|port| format!("{{\"address\":\"127.0.0.1:{port}\",\"protocol\":\"tcp\"}}")),
        ]
        .boxed()
    };
    let route = || {
        prop_oneof![
            3 => name().prop_map(|to| format!("{{\"to\":\"{to}\"}}")),
            3 => (name(), select(vec!["x", "y"]), name())
                .prop_map(|(to, subset, on)| format!("{{\"to\":\"{to}/{subset}\",\"listeners\":\"{on}\"}}")),
            2 => (name(), name()).prop_map(|(one, two)| format!("{{\"to\":{{\"{one}/x\":1,\"{two}/y\":2}}}}")),
            1 => Just("{\"too\":\"a\"}".to_owned()),
        ]
        .boxed()
    };
    let cluster = || {
        select(vec![
            "{}",
            "{\"subsets\":{\"x\":{},\"y\":{}}}",
            "{\"subsets\":{\"x\":{}}}",
            "{\"subsets\":{\"y\":{}}}",
            "{\"balance\":\"best\"}",
        ])
        .prop_map(str::to_owned)
        .boxed()
    };
    let endpoints = || select(vec!["[]", "[\"127.0.0.1:9\"]", "[\"127\"]"]).prop_map(str::to_owned).boxed();
    let mut all = Vec::new();
    for name in LETTERS {
        all.push(of(Section::Listener, name, listener()));
        all.push(of(Section::Route, name, route()));
        all.push(of(Section::Cluster, name, cluster()));
        all.push(of(Section::Endpoints, name, endpoints()));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn of_many_at_once_none_is_put_back_for_nothing(first in many(), second in many()) {
        let nothing = vec![None; first.len()];
        let said = |all: &[(PartName, Option<Content>)]| all.iter().map(|(_, one)| one.clone()).collect::<Said>();
        let (first, names, second) =
            (said(&first), first.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), said(&second));
        let (_, good) = after(&nothing, &first);
        let (settled, live) = after(&good, &second);
        prop_assert!(compiles(&live));
        for (position, outcome) in settled.outcomes().iter().enumerate() {
            let mut more = live.clone();
            more[position] = second[position].clone();
            let waits = names[position].section() == Section::Endpoints
                && PartName::new(Section::Cluster, names[position].name())
                    .and_then(|cluster| more[names.iter().position(|name| *name == cluster)?].clone())
                    .is_none();
            if !matches!(outcome, Outcome::Live) && more[position] != live[position] && !waits {
                prop_assert!(!compiles(&more), "{} was put back for nothing: {:?}", names[position], outcome);
            }
        }
        // who starts again from what is live ends there
        prop_assert_eq!(after(&live, &second).1, live);
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
