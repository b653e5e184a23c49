use towpath_config::model::{Action, Config};
use towpath_config::{Source, compile};

fn config(route: &str) -> Config {
    let text = format!(
        "listeners: {{web: {{address: 127.0.0.1:0}}}}\nroutes: {{r: {route}}}\nclusters: {{c: {{endpoints: [127.0.0.1:1]}}}}\n"
    );
    let compiled = compile(&Source::new("test.yaml", text), &|_| None);
    compiled.unwrap_or_else(|faults| panic!("{faults}")).into_config()
}

#[test]
fn paths_become_what_the_rule_says() {
    let table = [
        ("{match: {path: /old/*}, to: c, rewrite: {prefix: /}}", "/old", "/"),
        ("{match: {path: /old/*}, to: c, rewrite: {prefix: /}}", "/old/a/b", "/a/b"),
        ("{match: {path: /old/*}, to: c, rewrite: {prefix: /new}}", "/old/a", "/new/a"),
        ("{match: {path: /old/*}, to: c, rewrite: {prefix: /new/}}", "/old", "/new"),
        ("{match: {path: /old}, to: c, rewrite: {prefix: /new}}", "/old", "/new"),
        ("{match: {path: /*}, to: c, rewrite: {prefix: /v1}}", "/a", "/v1/a"),
        ("{match: {path: /old/*}, to: c, rewrite: {prefix: /}}", "/old//a//b", "/a//b"),
        ("{match: {path: /old/*}, to: c, rewrite: {prefix: /}}", "/old//", "/"),
        ("{match: {path: /old/*}, to: c, rewrite: {prefix: /new}}", "/old//a", "/new//a"),
        ("{to: c, rewrite: {regex: {pattern: '^/v1', with: ''}}}", "/v1//a", "/a"),
        ("{to: c, rewrite: {path: /fixed}}", "/a/b", "/fixed"),
        ("{to: c, rewrite: {regex: {pattern: '^/v([0-9]+)/', with: '/api/$1/'}}}", "/v2/x", "/api/2/x"),
        ("{to: c, rewrite: {regex: {pattern: '^/(.*)$', with: 'x/$1'}}}", "/a", "/x/a"),
    ];
    for (route, path, expected) in table {
        let config = config(route);
        let route = &config.routes()[0];
        let Action::Forward(forward) = route.action() else { panic!("a forward") };
        let change = forward.rewrite().path().as_ref().expect("a rewrite");
        let mut into = String::new();
        super::path(change, &route.conditions()[0], path, &mut into);
        assert_eq!(into, expected, "{path}");
    }
}
