use super::{Finding, why};
use crate::route::fixture::{Request, routes};

/// `route: finding` for each candidate, in order.
fn verdicts(table: &str, request: &Request) -> Vec<String> {
    let config = routes(table);
    let line = |verdict: super::Verdict| {
        format!("{}: {}", config.route(verdict.route).unwrap().name(), verdict.finding)
    };
    why(&config, config.order(), &request.view(&config)).into_iter().map(line).collect()
}

#[test]
fn every_candidate_says_what_it_missed() {
    let table = r#"
canary:
  match:
    path: /checkout/*
    headers: {canary-user: "true"}
stable: {match: {path: /checkout/*}}
rest: {}
"#
    .replace("canary:\n", "canary:\n  to: app\n")
    .replace("stable: {", "stable: {to: app, ")
    .replace("rest: {", "rest: {to: app");
    let found = verdicts(&table, &Request::new("GET a/checkout/1"));
    assert_eq!(
        found,
        [
            "canary: header canary-user: wanted \"true\", found nothing (line 7)",
            "stable: matched",
            "rest: would match, but an earlier one does",
        ]
    );
}

#[test]
fn each_stage_has_its_words() {
    let rows = [
        ("hosts: [x.test]", "host: wanted x.test, found \"a.test\""),
        ("hosts: [\"*.x.test\"]", "host: wanted *.x.test, found \"a.test\""),
        ("listeners: [edge]", "listener: wanted edge, found web"),
        ("match: {path: /x}", "path: wanted /x, found \"/p\""),
        ("match: {path: /x/*}", "path: wanted /x/*, found \"/p\""),
        ("match: {path: /u/:id/*}", "path: wanted /u/:id/*, found \"/p\""),
        ("match: {path: {regex: \"^/v\"}}", "path: wanted regex \"^/v\", found \"/p\""),
        ("match: {methods: [PUT, POST]}", "method: wanted \"POST\" or \"PUT\", found \"GET\""),
        ("match: {headers: {x: present}}", "header x: wanted any value, found nothing"),
        ("match: {headers: {h: absent}}", "header h: wanted nothing, found \"1\" and \"2\""),
        (
            "match: {headers: {h: {any: [a, {prefix: b}]}}}",
            "header h: wanted \"a\" or prefix \"b\", found \"1\" and \"2\"",
        ),
        (
            "match: {headers: {h: {not: {suffix: \"2\"}}}}",
            "header h: wanted not (suffix \"2\"), found \"1\" and \"2\"",
        ),
        ("match: {grpc: {service: a.B, method: C}}", "path: wanted /a.B/C, found \"/p\""),
        ("match: {grpc: {service: p}}", "method: wanted \"POST\", found \"GET\""),
        ("match: {query: {q: {regex: x}}}", "query q: wanted regex \"x\", found \"a b\""),
        ("match: {cookies: {c: \"2\"}}", "cookie c: wanted \"2\", found \"1\""),
        (
            "match: {source: [10.0.0.0/8, 127.0.0.1]}",
            "source: wanted 10.0.0.0/8 or 127.0.0.1/32, found 192.0.2.1",
        ),
    ];
    for (route, wanted) in rows {
        let request = Request::new("GET a.test/p?q=a+b\nh: 1\nh: 2\ncookie: c=1");
        let found = verdicts(&format!("only: {{to: app, {route}}}"), &request);
        assert_eq!(found, [format!("only: {wanted} (line 3)")], "{route}");
    }
}

#[test]
fn one_candidate_wins() {
    let config = routes("one: {to: app, match: [{path: /a}, {path: /a/*}, {}]}");
    let request = Request::new("GET x/a");
    let findings: Vec<_> =
        why(&config, config.order(), &request.view(&config)).into_iter().map(|found| found.finding).collect();
    assert_eq!(findings, [Finding::Wins, Finding::Holds, Finding::Holds]);
}
