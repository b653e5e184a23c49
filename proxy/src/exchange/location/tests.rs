use towpath_config::model::Action;
use towpath_config::{Source, compile};

use super::*;

#[test]
fn what_the_rule_does_not_name_stays() {
    let table = [
        ("{scheme: https}", "a.example:8080", "https://a.example/x/y?q=1"),
        ("{scheme: https, port: 8443}", "a.example", "https://a.example:8443/x/y?q=1"),
        ("{host: b.example}", "a.example:8080", "http://b.example/x/y?q=1"),
        ("{port: 80}", "a.example:8080", "http://a.example/x/y?q=1"),
        ("{path: /z}", "a.example:8080", "http://a.example:8080/z?q=1"),
        ("{prefix: /z}", "[::1]:8080", "http://[::1]:8080/z/y?q=1"),
    ];
    for (redirect, authority, expected) in table {
        let text = format!(
            "listeners: {{web: {{address: 127.0.0.1:0}}}}\nroutes: {{r: {{match: {{path: /x/*}}, redirect: {redirect}}}}}\n"
        );
        let compiled = compile(&Source::new("test.yaml", text), &|_| None);
        let config = compiled.unwrap_or_else(|faults| panic!("{faults}")).into_config();
        let route = &config.routes()[0];
        let Action::Redirect(redirect) = route.action() else { panic!("a redirect") };
        let asked = Asked { scheme: "http", authority, path: "/x/y", query: Some("q=1") };
        assert_eq!(location(redirect, &route.conditions()[0], &asked), expected);
    }
}
