use proptest::prelude::*;

use super::{Index, Match};
use crate::route::fixture::{Request, random, routes};
use crate::route::miss::Miss;
use crate::route::why::{Finding, why};

/// Which route a table gives each request, or the reason why none.
fn check(table: &str, rows: &[(&str, &str)]) {
    let config = routes(table);
    let index = Index::new(&config);
    for (request, wanted) in rows {
        let request = Request::new(request);
        let found = match index.find(&config, &request.view(&config)) {
            Ok(found) => config.route(found.route).unwrap().name(),
            Err(miss) => miss.code(),
        };
        assert_eq!(found, *wanted, "{request:?}");
    }
}

#[test]
fn the_most_specific_host_goes_first_and_the_others_catch_what_it_leaves() {
    check(
        r#"
exact: {hosts: [shop.example.com], match: {path: /only}, to: app}
deep: {hosts: ["*.eu.example.com"], to: app}
wide: {hosts: ["*.example.com"], match: {path: /wide/*}, to: app}
any: {match: {path: /any}, to: app}
"#,
        &[
            ("GET shop.example.com/only", "exact"),
            ("GET shop.example.com/wide/x", "wide"),
            ("GET shop.example.com/any", "any"),
            ("GET shop.example.com/none", "no-path"),
            ("GET a.eu.example.com/wide", "deep"),
            ("GET a.b.eu.example.com/x", "deep"),
            ("GET eu.example.com/wide", "wide"),
            ("GET example.com/wide", "no-path"),
            ("GET .example.com/wide", "no-path"),
            ("GET xexample.com/wide", "no-path"),
            ("GET /any", "any"),
        ],
    );
}

#[test]
fn the_most_specific_path_goes_first() {
    check(
        r#"
exact: {match: {path: /users/me/orders}, to: app}
template: {match: {path: /users/:id/orders}, to: app}
template-rest: {match: {path: /users/:id/*}, to: app}
regex: {match: {path: {regex: "^/users/[0-9]+/x"}}, to: app}
other-regex: {match: {path: {regex: "^/v[0-9]/"}}, to: app}
prefix: {match: {path: /users/*}, to: app}
slash: {match: {path: /login/}, to: app}
"#,
        &[
            ("GET a/users/me/orders", "exact"),
            ("GET a/users/7/orders", "template"),
            ("GET a/users/7", "template-rest"),
            ("GET a/users/7/x/y", "template-rest"),
            ("GET a/users//x", "prefix"),
            ("GET a/users", "prefix"),
            ("GET a/v1/users", "other-regex"),
            ("GET a/usersx", "no-path"),
            ("GET a/login/", "slash"),
            ("GET a/login", "no-path"),
        ],
    );
}

#[test]
fn a_miss_tells_the_furthest_stage() {
    let table = r#"
posts: {hosts: [a.test], match: {path: /p, methods: POST}, to: app}
header: {hosts: [a.test], match: {path: /h, headers: {x: present}}, to: app}
query: {hosts: [a.test], match: {path: /q, query: {x: present}}, to: app}
cookie: {hosts: [a.test], match: {path: /c, cookies: {x: present}}, to: app}
source: {hosts: [a.test], match: {path: /s, source: 10.0.0.0/8}, to: app}
both: {hosts: [a.test], match: [{path: /b, methods: POST}, {path: /b, headers: {x: present}}], to: app}
edge: {hosts: [b.test], listeners: [edge], match: {path: /e}, to: app}
"#;
    check(
        table,
        &[
            ("GET c.test/", "no-host"),
            ("GET b.test/e", "no-listener"),
            ("GET b.test/", "no-listener"),
            ("GET a.test/", "no-path"),
            ("GET a.test/p", "no-method"),
            ("GET a.test/h", "no-header"),
            ("GET a.test/q", "no-query"),
            ("GET a.test/c", "no-cookie"),
            ("GET a.test/s", "no-source"),
            ("GET a.test/b", "no-header"),
        ],
    );
    let config = routes(table);
    let on_edge = Request::new("GET b.test/").on(0);
    assert_eq!(Index::new(&config).find(&config, &on_edge.view(&config)), Err(Miss::NoPath));
}

#[test]
fn the_alternative_that_held_is_told() {
    let config = routes("two: {match: [{path: /a}, {path: /b/*}], to: app}");
    let request = Request::new("GET a/b/c");
    let found = Index::new(&config).find(&config, &request.view(&config));
    assert_eq!(found, Ok(Match { route: config.route_ids().next().unwrap(), condition: 1 }));
}

#[test]
fn a_host_of_dots_costs_little_and_finds_nothing() {
    let config = routes("wild: {hosts: [\"*.a.test\"], to: app}");
    let request = Request::new(&format!("GET {}/", ".".repeat(60_000)));
    assert_eq!(Index::new(&config).find(&config, &request.view(&config)), Err(Miss::NoHost));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// The oracle judges every candidate in turn.
    #[test]
    fn the_index_finds_what_a_walk_finds(
        config in random::table(),
        requests in proptest::collection::vec(random::request(), 40),
    ) {
        let index = Index::new(&config);
        for request in requests {
            let view = request.view(&config);
            let (mut winner, mut furthest) = (None, Miss::NoHost);
            for verdict in why(&config, config.order(), &view) {
                match verdict.finding {
                    Finding::Wins => {
                        prop_assert_eq!(winner, None);
                        winner = Some(Match { route: verdict.route, condition: verdict.condition });
                    }
                    Finding::Holds => prop_assert!(winner.is_some()),
                    Finding::Fails(unmet) => furthest = furthest.max(unmet.stage),
                }
            }
            prop_assert_eq!(index.find(&config, &view), winner.ok_or(furthest));
        }
    }
}
