use serde_json::json;

use super::*;

#[test]
fn weights_are_read_in_both_forms() {
    let live = Live::read(&json!({
        "generation": 3,
        "config": {"routes": {"hello": {"to": {"hello/v1": {"weight": 90}, "hello/v2": 10}}}},
    }));
    assert_eq!(live, Live { generation: 3, weights: Some([90, 10]), rejected: None });
    assert_eq!(live.shares(), Some([0.9, 0.1]));
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
        assert_eq!(Live::read(&answer).shares(), None, "{answer}");
    }
}

#[test]
fn a_refused_file_is_told() {
    let live = Live::read(&json!({"generation": 1, "rejected": {"at": "…", "faults": "error: no"}}));
    assert_eq!(live.rejected.as_deref(), Some("error: no"));
}
