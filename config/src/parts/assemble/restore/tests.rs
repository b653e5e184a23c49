use crate::parts::{Base, Part, PartName, Section, assemble, restore};
use crate::source::Source;

fn part(section: Section, name: &str, text: &str) -> Part {
    Part::new(PartName::new(section, name).expect("a name"), text).expect("a part")
}

#[test]
fn what_was_put_together_comes_apart_again() {
    let parts = [
        part(Section::Listener, "web", r#"{"address":"127.0.0.1:0"}"#),
        part(Section::Route, "all", r#"{"to":"app","match":{"path":"/a: b/*"}}"#),
        part(Section::Cluster, "app", r#"{"subsets":{"v1":{"labels":{"version":"v1"}}},"timeout":"1s"}"#),
        part(Section::Cluster, "bare", "{}"),
        part(Section::Cluster, "named", r#"{"dns":{"name":"a.internal","port":80}}"#),
        part(Section::Cluster, "pay:ledger", r#"{"protocol":"h2"}"#),
        part(Section::Endpoints, "app", r#"["127.0.0.1:1",{"address":"127.0.0.1:2","weight":3}]"#),
        part(Section::Endpoints, "bare", "[]"),
        part(Section::Endpoints, "pay:ledger", r#"["127.0.0.1:3"]"#),
    ];
    let settings = part(Section::Settings, "settings", r#"{"defaults":{"timeout":"5s"}}"#);
    let all: Vec<_> = parts.iter().chain([&settings]).collect();
    let document = assemble("table", &Base::namespace("shop"), &all);
    let mut restored = restore(document.source().text()).expect("it is such a document");
    restored.sort_by(|a, b| a.name().cmp(b.name()));
    assert_eq!(restored, parts);
}

#[test]
fn what_was_written_otherwise_does_not() {
    for text in [
        "routes:\n  all:\n    to: app\n",
        "routes:\n  all: {to: app}\n",
        "  all: {}\n",
        "clusters:\n    \"endpoints\": []}\n",
        "routes:\n  All: {}\n",
    ] {
        assert!(restore(Source::new("", text).text()).is_none(), "{text}");
    }
}
