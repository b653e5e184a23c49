use towpath_config::model::PathPattern;

use super::Expressions;
use crate::route::fixture::routes;
use crate::route::index::run::{Found, Runs};

/// Expressions made of numbers, the position of each being its number.
fn expressions(count: u32, pattern: impl Fn(u32) -> String) -> Expressions {
    let mut expressions = Expressions::default();
    for number in 0..count {
        let config = routes(&format!("r: {{match: {{path: {{regex: '{}'}}}}, to: app}}", pattern(number)));
        let path = config.routes()[0].conditions()[0].path().as_deref();
        let Some(PathPattern::Regex(pattern)) = path else { panic!("{path:?} is no regex") };
        expressions.runs(pattern).map(|runs: &mut Runs| runs.push(number)).unwrap();
    }
    expressions.unite();
    expressions
}

fn found(expressions: &Expressions, path: &str) -> Vec<usize> {
    let mut found = Found::default();
    expressions.gather(path, &mut found);
    found.positions().flatten().collect()
}

#[test]
fn many_are_one() {
    let many = expressions(100, |number| format!("^/x{number}(/|$)|[24]/same"));
    assert!(many.union.is_some());
    assert_eq!(found(&many, "/x0"), [0]);
    assert_eq!(found(&many, "/x99/y"), [99]);
    assert_eq!(found(&many, "/x100"), [0_usize; 0]);
    assert_eq!(found(&many, "/x4/same"), (0..100).collect::<Vec<_>>());
}

#[test]
fn what_is_too_large_together_is_asked_one_by_one() {
    let large = expressions(8, |number| format!(r"^/x{number}/\w{{20}}$"));
    assert!(large.union.is_none());
    assert_eq!(found(&large, "/x7/aaaaaaaaaaaaaaaaaaaa"), [7]);
    assert_eq!(found(&large, "/x7/aaaaaaaaaaaaaaaaaaa"), [0_usize; 0]);
}

#[test]
fn equal_ones_are_one() {
    let equal = expressions(3, |_| "^/a".to_owned());
    assert_eq!((equal.each.len(), found(&equal, "/a")), (1, vec![0, 1, 2]));
}

#[test]
fn paths_that_begin_otherwise_are_not_asked_for() {
    let many = expressions(20, |number| format!("^/things-{number}$"));
    assert_eq!(&*many.lead, "/things-");
    assert_eq!(found(&many, "/things-7"), [7]);
    assert_eq!(found(&many, "/api/things-7"), [0_usize; 0]);
    let mixed = expressions(2, |number| ["^/things", "^/thorns"][number as usize].to_owned());
    assert_eq!((&*mixed.lead, found(&mixed, "/thorns")), ("/th", vec![1]));
    let unbound = expressions(2, |number| ["^/things", "x$"][number as usize].to_owned());
    assert_eq!((&*unbound.lead, found(&unbound, "/x")), ("", vec![1]));
}
