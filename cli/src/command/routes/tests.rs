use serde_json::json;

use super::*;

#[test]
fn conditions_are_shown_as_they_are_written() {
    for (value, text) in [
        (json!(["GET"]), "GET"),
        (json!(["GET", "HEAD"]), "[GET, HEAD]"),
        (json!("/shop/:id/*"), "/shop/:id/*"),
        (json!("*.example.com"), "\"*.example.com\""),
        (json!({"regex": "^/v[0-9]+/"}), "{regex: \"^/v[0-9]+/\"}"),
        (json!({"canary-user": {"exact": "true"}, "b": "present"}), "{canary-user: true, b: present}"),
        (json!({"a": {"exact": "present"}}), "{a: {exact: present}}"),
        (json!({"a": {"any": [{"exact": "x"}, {"not": "absent"}]}}), "{a: {any: [x, {not: absent}]}}"),
        (json!({"a b": {"exact": ""}}), "{a b: \"\"}"),
        (json!(["10.0.0.0/8", "2001:db8::/32"]), "[10.0.0.0/8, 2001:db8::/32]"),
        (json!("a\nb"), r#""a\nb""#),
    ] {
        assert_eq!(shown(&value), text);
    }
}

#[test]
fn a_long_cell_is_cut() {
    let text = "ü".repeat(60);
    assert_eq!(bounded(&text), text);
    assert_eq!(bounded(&format!("{text}ü")), format!("{}…", "ü".repeat(59)));
}
