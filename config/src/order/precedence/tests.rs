use proptest::prelude::*;

use crate::language::Write;
use crate::model::{Config, PathPattern};
use crate::{Source, compile};

fn compiled(routes: &str) -> Config {
    let text = format!(
        "listeners: {{web: {{address: 127.0.0.1:1}}}}\nclusters: {{app: {{endpoints: []}}}}\nroutes:\n{routes}"
    );
    let source = Source::new("table.yaml", text);
    compile(&source, &|_| None).unwrap_or_else(|faults| panic!("{faults}")).into_config()
}

/// The names of the routes, in the order of trial.
fn order(routes: &[&str]) -> Vec<String> {
    let lines: String =
        routes.iter().map(|route| format!("  {}, to: app}}\n", route.replacen(' ', " {", 1))).collect();
    let config = compiled(&lines);
    config.order().iter().map(|one| config.route(one.route()).expect("it is there").name().clone()).collect()
}

#[test]
fn hosts_go_from_exact_to_any() {
    let routes =
        ["a: rank: 9", "b: hosts: '*.com'", "c: hosts: '*.example.com'", "d: hosts: x.example.com, rank: -1"];
    assert_eq!(order(&routes), ["d", "c", "b", "a"]);
}

#[test]
fn paths_go_from_exact_to_none() {
    let routes = [
        "a: rank: 9",
        "b: match: {path: /*}",
        "c: match: {path: /long/prefix/of/some/length/*}",
        "d: match: {path: {regex: '^/l'}}",
        "e: match: {path: {regex: '^/lo'}}",
        "f: match: {path: '/:a/*'}",
        "g: match: {path: '/:a/b/*'}",
        "h: match: {path: '/:a/b'}",
        "i: match: {path: '/:a/:b/c/:d'}",
        "j: match: {path: '/a/:b/c'}",
        "k: match: {path: /l}",
    ];
    assert_eq!(order(&routes), ["k", "j", "i", "h", "g", "f", "e", "d", "c", "b", "a"]);
}

#[test]
fn predicates_decide_between_equal_paths() {
    let routes = [
        "a: match: {path: /x}",
        "b: match: {path: /x, source: 10.0.0.0/8}",
        "c: match: {path: /x, cookies: {a: b}}",
        "d: match: {path: /x, query: {a: b}}",
        "e: match: {path: /x, headers: {a: b}}",
        "f: match: {path: /x, headers: {a: b, c: d}}",
        "g: match: {path: /x, methods: GET}",
        "h: match: {path: /x}, rank: 1",
        "i: match: {path: /x, query: {a: b}, cookies: {a: b}}",
    ];
    assert_eq!(order(&routes), ["g", "f", "e", "i", "d", "c", "b", "h", "a"]);
}

#[test]
fn the_name_and_the_position_decide_at_last() {
    assert_eq!(order(&["b: rank: 0", "a: rank: 0"]), ["a", "b"]);
    let config = compiled("  a: {match: [{headers: {x: y}}, {headers: {y: z}}], to: app}\n");
    let positions: Vec<usize> = config.order().iter().map(super::Candidate::condition).collect();
    assert_eq!(positions, [0, 1]);
}

#[test]
fn templates_of_one_shape_are_one_path() {
    let routes = [
        "a: match: {path: '/u/:id'}",
        "b: match: {path: '/u/:name', headers: {x: y}}",
        "c: match: {path: '/u/:id', rank: 1}",
    ];
    let routes = routes.map(|route| route.replace(", rank: 1}", "}, rank: 1"));
    assert_eq!(order(&routes.each_ref().map(String::as_str)), ["b", "c", "a"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn neighbours_share_host_and_path(choices in prop::collection::vec((0usize..4, 0usize..8, 0usize..3, -1i32..2), 1..30)) {
        let hosts = ["'*'", "a.com", "'*.com'", "b.com"];
        let paths = ["/a", "/a/*", "'/:x'", "'/:y'", "'/:y/*'", "{regex: a}", "{regex: b}", "/b"];
        let fields = ["", ", methods: GET", ", headers: {a: b}"];
        let routes: String = choices.iter().enumerate().map(|(name, (host, path, field, rank))| {
            format!("  r{name}: {{hosts: {}, match: {{path: {}{}}}, rank: {rank}, to: app}}\n", hosts[*host], paths[*path], fields[*field])
        }).collect();
        let config = compiled(&routes);
        let mut seen: Vec<(String, Option<PathPattern>)> = Vec::new();
        for candidate in config.order() {
            let route = config.route(candidate.route()).unwrap();
            let path = route.conditions()[candidate.condition()].path().as_deref().cloned();
            let key = (route.hosts()[candidate.host()].write().to_string(), path);
            if seen.last() != Some(&key) {
                prop_assert!(!seen.contains(&key), "{key:?} stands in two places");
                seen.push(key);
            }
        }
        prop_assert_eq!(config.order().len(), choices.len());
    }
}
