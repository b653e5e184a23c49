use serde_json::json;

use super::*;

#[test]
fn weights_are_read_in_both_forms() {
    let long = json!({
        "generation": 3,
        "config": {"routes": {"hello": {"to": {"hello/v1": {"weight": 90}, "hello/v2": 10}}}},
    });
    let short =
        json!({"generation": 5, "config": {"routes": {"hello": {"to": {"hello/v1": 90, "hello/v2": 10}}}}});
    let live = Live::read([&long, &short]);
    assert_eq!(live, Live { generations: [3, 5], weights: Some([90, 10]), refused: None });
    assert_eq!(live.shares(), Some([0.9, 0.1]));
}

#[test]
fn while_the_proxies_differ_nothing_is_promised() {
    let table = |v1: u64| json!({"config": {"routes": {"hello": {"to": {"hello/v1": v1, "hello/v2": 10}}}}});
    assert_eq!(Live::read([&table(90), &table(50)]).weights, None);
}

#[test]
fn a_table_without_the_split_promises_nothing() {
    let answers = [
        json!({"generation": 2, "config": {"routes": {}}}),
        json!({"config": {"routes": {"hello": {"to": {"hello/v1": 1}}}}}),
        json!({"config": {"routes": {"hello": {"to": {"hello/v1": 0, "hello/v2": 0}}}}}),
        json!(null),
    ];
    for answer in answers {
        assert_eq!(Live::read([&answer, &answer]).shares(), None, "{answer}");
    }
}
