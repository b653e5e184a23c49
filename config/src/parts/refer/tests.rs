use super::*;
use crate::parts::PartName;

#[test]
fn what_a_route_names() {
    for (text, listeners, clusters, hosts, series) in [
        (r#"{"to":"a"}"#, None, vec!["a"], vec!["*"], 2),
        (
            r#"{"to":{"a/x":1,"a/y":{"weight":2},"pay:b":1},"listeners":"web"}"#,
            Some(vec!["web"]),
            vec!["a", "pay:b"],
            vec!["*"],
            4,
        ),
        (
            r#"{"direct_response":404,"hosts":["A.test","*.b.test"],"listeners":[1]}"#,
            Some(vec!["1"]),
            vec![],
            vec!["a.test", "*.b.test"],
            1,
        ),
        (r#"{"to":1,"hosts":"*"}"#, None, vec!["1"], vec!["*"], 2),
    ] {
        let part = Part::new(PartName::new(Section::Route, "r").expect("a name"), text).expect(text);
        let strings = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let expected = References {
            listeners: listeners.map(strings),
            clusters: strings(clusters),
            hosts: strings(hosts),
        };
        assert_eq!((part.references(), part.series()), (expected, series), "{text}");
    }
}
