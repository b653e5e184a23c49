use std::collections::HashMap;

use fastrand::Rng;
use proptest::prelude::*;
use towpath_config::model::{Config, CookieLife};

use super::{Chosen, ChosenBy, Decides, choose, explain};
use crate::route::fixture::{Request, config, split};

/// A table with these routes over three clusters with the same subsets in their own words.
fn table(routes: &str) -> Config {
    let cluster = |name: &str, port: u16| {
        format!(
            "  {name}:\n    endpoints: [127.0.0.1:{port}]\n    subsets: {{stable: {{labels: {{v: a}}}}, canary: \
             {{labels: {{v: b}}}}}}\n"
        )
    };
    let clusters = cluster("basket", 3001) + &cluster("checkout", 3002) + &cluster("front", 3003);
    config(&format!(
        "listeners: {{web: {{address: 127.0.0.1:8080}}}}\nroutes:\n{routes}\nclusters:\n{clusters}"
    ))
}

/// The variant that a request gets from a route, and what decided.
fn chosen<'a>(config: &'a Config, route: &str, request: &Request) -> (&'a str, ChosenBy<'a>) {
    let split = split(config, route);
    let Chosen { destination, by } = choose(split, &request.view(config), &mut Rng::with_seed(7)).unwrap();
    (split.destinations()[destination].variant(), by)
}

fn user(name: impl std::fmt::Display) -> Request {
    Request::new(&format!("GET a/\nx-user-id: {name}"))
}

const CANARY: &str = "  r: {to: {front/stable: 90, front/canary: 10}, sticky: {by: {header: x-user-id}, cohort: autumn-release}}";

#[test]
fn a_known_user_stays_where_the_documentation_says() {
    let config = table(CANARY);
    for (name, wanted) in [("alice", "canary"), ("bob", "stable")] {
        assert_eq!(chosen(&config, "r", &user(name)), (wanted, ChosenBy::Key { position: 0 }));
    }
}

#[test]
fn a_single_destination_wins_whatever_its_weight() {
    let config = table("  r: {to: front, sticky: {by: {cookie: c, ttl: none}}}");
    assert_eq!(chosen(&config, "r", &user("x")), ("front", ChosenBy::Only));
}

#[test]
fn chance_is_by_weight() {
    let config = table("  r: {to: {front/stable: 90, front/canary: 10, basket: 0}}");
    let (split, request) = (split(&config, "r"), Request::new("GET a/"));
    let mut rng = Rng::with_seed(42);
    let mut counts = HashMap::new();
    for _ in 0..100_000 {
        let chosen = choose(split, &request.view(&config), &mut rng).unwrap();
        assert_eq!(chosen.by, ChosenBy::Random);
        *counts.entry(split.destinations()[chosen.destination].variant().as_str()).or_insert(0_i64) += 1;
    }
    // 4.5 standard deviations of 94.9
    assert!((counts["canary"] - 10_000).abs() < 427, "{counts:?}");
    assert_eq!((counts.get("basket"), counts["canary"] + counts["stable"]), (None, 100_000));
}

#[test]
fn the_first_key_present_decides() {
    let config = table(
        "  r: {to: {front/stable: 1, front/canary: 1}, sticky: {by: [{header: x-user-id}, {query: user}, {cookie: \
         user}, {source: ip}]}}",
    );
    let rows = [
        ("GET a/?user=u\nx-user-id: h\ncookie: user=c", 0),
        ("GET a/?user=u\nx-user-id:\ncookie: user=c", 1),
        ("GET a/?user=&user=v\ncookie: user=c", 1),
        ("GET a/?user\ncookie: user=c", 2),
        ("GET a/\ncookie: user=", 3),
        ("GET a/", 3),
    ];
    for (request, position) in rows {
        assert_eq!(chosen(&config, "r", &Request::new(request)).1, ChosenBy::Key { position }, "{request}");
    }
    for number in 0..50 {
        let (plain, mapped) = (format!("10.0.0.{number}"), format!("::ffff:10.0.0.{number}"));
        let from = |source: &str| chosen(&config, "r", &Request::new("GET a/").from(source));
        let by_text = chosen(&config, "r", &Request::new(&format!("GET a/?user={plain}"))).0;
        assert_eq!((from(&plain).0, from(&mapped).0), (by_text, by_text));
    }
    let nobody = chosen(&config, "r", &Request::new("GET a/").from("unix"));
    assert_eq!(nobody.1, ChosenBy::Random, "who has no address is not one single user");
}

#[test]
fn without_a_key_a_cookie_is_made_and_it_decides_from_then_on() {
    let config = table(
        "  r: {to: {front/stable: 1, front/canary: 1}, sticky: {by: [{header: x-user-id}, {cookie: passive}, \
         {cookie: made, ttl: 1h}]}}",
    );
    let (split, request) = (split(&config, "r"), Request::new("GET a/"));
    let mut rng = Rng::with_seed(1);
    let mut seen = HashMap::new();
    for _ in 0..200 {
        let first = choose(split, &request.view(&config), &mut rng).unwrap();
        let cookie = first.cookie().unwrap();
        assert_eq!(cookie.name, "made");
        assert!(matches!(cookie.life, CookieLife::For(life) if life.as_secs() == 3600));
        assert!(cookie.value.iter().all(|digit| b"0123456789abcdef".contains(digit)));
        let value = str::from_utf8(&cookie.value).unwrap();
        let again = Request::new(&format!("GET a/\ncookie: x=1; made={value}"));
        let second = choose(split, &again.view(&config), &mut rng).unwrap();
        assert_eq!(second, Chosen { destination: first.destination, by: ChosenBy::Key { position: 2 } });
        seen.insert(cookie.value, first.destination);
    }
    assert_eq!(seen.len(), 200);
    assert!(
        seen.values().any(|destination| *destination == 0)
            && seen.values().any(|destination| *destination == 1)
    );
}

#[test]
fn a_passive_cookie_is_not_made() {
    let config = table("  r: {to: {front/stable: 1, front/canary: 1}, sticky: {by: {cookie: c}}}");
    assert_eq!(chosen(&config, "r", &Request::new("GET a/")).1, ChosenBy::Random);
}

#[test]
fn only_trusted_callers_decide_the_variant() {
    let config = table(
        "  r: {to: {front/stable: 100, front/canary: 0}, sticky: {by: {header: x-user-id}, send: {header: x-variant}, \
         trust: {source: 10.0.0.0/8}}}",
    );
    let keyed = ChosenBy::Key { position: 0 };
    let rows = [
        ("10.0.0.1", "canary", ("canary", ChosenBy::Trusted)),
        ("10.0.0.1", "stable", ("stable", ChosenBy::Trusted)),
        ("10.0.0.1", "unknown", ("stable", keyed)),
        ("192.0.2.1", "canary", ("stable", keyed)),
    ];
    for (source, variant, wanted) in rows {
        let request = Request::new(&format!("GET a/\nx-user-id: u\nX-Variant: {variant}")).from(source);
        assert_eq!(chosen(&config, "r", &request), wanted, "{variant} from {source}");
    }
    assert_eq!(chosen(&config, "r", &user("u").from("10.0.0.1")), ("stable", keyed));
}

/// The clusters have other names, so that the same variants stand in another order.
#[test]
fn services_of_one_cohort_agree_on_every_user() {
    let sticky = "sticky: {by: {header: x-user-id}, cohort: autumn}";
    let config = table(&format!(
        "  one: {{match: {{path: /1}}, to: {{basket/stable: 70, checkout/canary: 30}}, {sticky}}}\n  \
         two: {{match: {{path: /2}}, to: {{front/canary: 30, front/stable: 70}}, {sticky}}}\n  \
         alone: {{match: {{path: /3}}, to: {{front/canary: 30, front/stable: 70}}, sticky: {{by: {{header: x-user-id}}}}}}"
    ));
    let order = |route| {
        split(&config, route).destinations().iter().map(|found| found.variant().as_str()).collect::<Vec<_>>()
    };
    assert_ne!(order("one"), order("two"));
    let users: Vec<_> = (0..500).map(user).collect();
    let of = |route| users.iter().map(|user| chosen(&config, route, user).0).collect::<Vec<_>>();
    assert_eq!(of("one"), of("two"));
    assert_ne!(of("one"), of("alone"));
}

#[test]
fn an_explanation_shows_every_share() {
    let config = table(CANARY);
    let request = user("alice");
    let explained = explain(split(&config, "r"), &request.view(&config));
    assert_eq!(explained.by, Decides::Key { position: 0, value: "alice".to_owned() });
    let winner = &explained.shares[explained.destination.unwrap()];
    assert_eq!((winner.name, winner.variant, winner.weight), ("front/canary", "canary", 10));
    assert!((winner.share - 0.1).abs() < 1e-12);
    let scores: Vec<_> = explained.shares.iter().map(|share| share.bucket.unwrap().score).collect();
    assert!((scores[0] - 73.17).abs() < 0.01 && (scores[1] - 65.86).abs() < 0.01, "{scores:?}");
}

#[test]
fn an_explanation_without_a_key_leaves_it_to_chance() {
    let config = table(
        "  r: {to: {front/stable: 90, front/canary: 10}}\n  c: {match: {path: /c}, to: {front/stable: 1, front/canary: 1}, sticky: {by: {cookie: c, ttl: none}}}",
    );
    let request = Request::new("GET a/");
    for (route, by) in [("r", Decides::Chance), ("c", Decides::NewCookie("c"))] {
        let explained = explain(split(&config, route), &request.view(&config));
        assert_eq!((explained.by, explained.destination), (by, None));
        assert!(explained.shares.iter().all(|share| share.bucket.is_none()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What one proxy says, every proxy with the same table says, and so does the explanation.
    #[test]
    fn proxies_agree(weights in prop::array::uniform3(0_u32..100), names in prop::collection::vec("[ -~]{1,30}", 20)) {
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        let [stable, canary, basket] = weights;
        let text = format!(
            "  r: {{to: {{front/stable: {stable}, front/canary: {canary}, basket: {basket}}}, sticky: {{by: {{header: x-user-id}}}}}}"
        );
        let (one, other) = (table(&text), table(&text));
        for name in names.iter().filter(|name| !name.trim().is_empty()) {
            let request = user(name.trim());
            let here = choose(split(&one, "r"), &request.view(&one), &mut Rng::with_seed(1));
            let there = choose(split(&other, "r"), &request.view(&other), &mut Rng::with_seed(2));
            prop_assert_eq!(here, there);
            let explained = explain(split(&one, "r"), &request.view(&one));
            prop_assert_eq!(here.map(|chosen| chosen.destination), explained.destination);
        }
    }
}
