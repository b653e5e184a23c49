use serde_json::json;

use super::{is_taken, told};

#[test]
fn what_was_done_is_one_line() {
    let written = |changed: bool, dry_run: bool, documents: bool| {
        let documents =
            if documents { json!([{"document": "a.yaml", "touch": "changed"}]) } else { json!([]) };
        json!({"revision": 7, "changed": changed, "dry_run": dry_run, "documents": documents, "fleet": null})
    };
    for (written, expected) in [
        (written(true, false, true), "revision 7: a.yaml (changed)"),
        (written(false, true, true), "would change a.yaml (changed), on top of revision 7"),
        (written(false, false, false), "nothing to change: revision 7 says the same"),
    ] {
        assert_eq!(told(&written), expected);
    }
}

#[test]
fn what_the_fleet_says_follows() {
    let fleet = |settled: bool, rejected: serde_json::Value| json!({"settled": settled, "proxies": 3, "current": 2, "rejected": rejected, "stage": null});
    let written =
        |fleet: serde_json::Value| json!({"revision": 7, "changed": true, "documents": [{}], "fleet": fleet});
    let rejected = fleet(true, json!({"p7": "route a: no cluster"}));
    assert!(
        told(&written(rejected.clone()))
            .ends_with("\njudged by 2 of 3 proxies\nrejected by p7: route a: no cluster")
    );
    assert!(told(&written(fleet(false, json!({})))).ends_with("\njudged by 2 of 3 proxies so far"));
    let back = json!({"settled": false, "proxies": 3, "current": 0, "rejected": {}, "stage": null, "taken_back": "p7: no"});
    assert!(told(&written(back.clone())).ends_with("\ntaken back: p7: no") && !is_taken(&back));
    assert!(is_taken(&fleet(true, json!({}))) && !is_taken(&rejected) && !is_taken(&fleet(false, json!({}))));
}
