use serde_json::json;

use super::*;

#[test]
fn what_keeps_a_file_from_the_proxies_is_told() {
    let fault =
        |standing: &str| json!({"file": "mesh.yaml", "line": 3, "standing": standing, "message": "no"});
    let status = json!({"revision": 2, "faults": [fault("accepted"), fault("rejected")]});
    assert_eq!(refused(&status).as_deref(), Some("mesh.yaml:3: no\n"));
    assert_eq!(refused(&json!({"faults": [fault("accepted")]})), None);
    assert_eq!(refused(&json!({"status": 503})), None);
}
