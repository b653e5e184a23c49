use proptest::prelude::*;

use super::{long, long_yaml};
use crate::model::Config;
use crate::{Source, compile};

fn compiled(text: &str) -> Config {
    let source = Source::new("table.yaml", text);
    compile(&source, &|_| None).unwrap_or_else(|faults| panic!("{faults}\n{text}")).into_config()
}

fn order(config: &Config) -> Vec<String> {
    let one = |candidate: &crate::model::Candidate| {
        let route = config.route(candidate.route()).expect("it is there");
        let host = &route.hosts()[candidate.host()];
        format!("{} {host:?} {}", route.name(), candidate.condition())
    };
    config.order().iter().map(one).collect()
}

/// The long form means the same, and is its own long form.
fn round_trip(text: &str) {
    let config = compiled(text);
    let again = compiled(&long_yaml(&config));
    assert_eq!(long(&config), long(&again));
    assert_eq!(order(&config), order(&again));
}

#[test]
fn every_good_table_and_example_survives() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for folder in ["tests/good", "examples"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("the tables") {
            let path = entry.expect("a file").path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                let text = std::fs::read_to_string(&path).expect("a table");
                round_trip(&text.replace("${PORT}", "3001"));
                count += 1;
            }
        }
    }
    assert!(count > 0);
}

/// Texts that a writer or a reader of YAML, or the environment, could take for something else.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{1,12}",
        Just("true".to_owned()),
        Just("1.10".to_owned()),
        Just("~".to_owned()),
        Just("none".to_owned()),
        Just("${HOME}".to_owned()),
        Just("$${x".to_owned()),
        Just("- a: b # c".to_owned()),
        Just("é%%{x".to_owned()),
    ]
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(crate::source::escape(text)).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_changes_on_the_way(
        exact in text(), prefix in text(), body in text(), cohort in "[a-z ]{0,5}[a-z]",
        weights in prop::collection::vec(0u32..1000, 3), rank in -5i32..5, millis in 1u64..10_000_000,
    ) {
        let table = format!("
listeners: {{web: {{address: 127.0.0.1:8080}}}}
routes:
  one:
    rank: {rank}
    timeout: {millis}ms
    match: [{{headers: {{x: {{exact: {}}}}}, query: {{q: {{not: {{prefix: {}}}}}}}}}, {{path: /a/:b/*}}]
    to: {{app/a: {}, app/b: {}, other: {}}}
    sticky: {{by: {{source: ip}}, cohort: {cohort}}}
    maintenance: {{active: false, body: {}}}
clusters:
  app:
    endpoints: [127.0.0.1:1]
    subsets: {{a: {{labels: {{v: '1'}}}}, b: {{labels: {{v: '2'}}}}}}
  other: {{endpoints: []}}
", quoted(&exact), quoted(&prefix), weights[0], weights[1], weights[2] + 1, quoted(&body));
        round_trip(&table);
    }
}
