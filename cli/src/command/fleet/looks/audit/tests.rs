use serde_json::json;

use super::*;

#[test]
fn a_line_says_who_tried_what_and_what_became_of_it() {
    let line = |more: Value| {
        let mut entry = json!({"number": 7, "time_ms": 1_795_293_360_000_u64, "who": "ann", "origin": "api", "action": "change"});
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        words(&entry)
    };
    let accepted = line(json!({"outcome": "accepted", "revision": 4, "message": "more for canary"}));
    assert_eq!(accepted, "2026-11-21T20:36:00Z ann by api: change accepted as revision 4: more for canary");
    let refused = line(json!({"outcome": "refused", "reason": "no such route", "left_out": 3}));
    assert_eq!(
        refused,
        "2026-11-21T20:36:00Z ann by api: change refused: no such route; 3 before it were not noted"
    );
}
