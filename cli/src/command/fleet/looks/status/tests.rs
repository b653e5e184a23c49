use serde_json::json;

use super::told;

#[test]
fn what_is_odd_is_listed() {
    let object = |name: &str, applied: u32, rejected: serde_json::Value| {
        json!({"namespace": "shop", "kind": "route", "name": name, "version": "0", "proxies": 42, "applied": applied,
            "rejected": rejected, "waiting": []})
    };
    let status = json!({
        "revision": 7,
        "fleet": {"settled": true, "proxies": 42, "current": 42, "rejected": {}, "stage": null},
        "faults": [{"file": "a.yaml", "line": 1, "column": 2, "standing": "held", "message": "is needed", "help": null}],
        "objects": [object("good", 42, json!({})), object("checkout", 41, json!({"p7": "no such cluster"}))],
    });
    let short = told(&status, false);
    assert_eq!(
        short.lines().collect::<Vec<_>>(),
        [
            "revision 7, judged by 42 of 42 proxies",
            "",
            "a.yaml:1:2: is needed (held)",
            "",
            "NAMESPACE  KIND   NAME      APPLIED",
            "shop       route  checkout  41/42    rejected by p7: no such cluster",
        ]
    );
    assert!(told(&status, true).contains("good"));
}
