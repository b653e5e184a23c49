use serde_json::json;

use super::{ago, line, segment};

#[test]
fn times_have_two_units() {
    for (milliseconds, told) in
        [(0, "0s"), (59_999, "59s"), (61_000, "1m1s"), (7_260_000, "2h1m"), (90_000_000, "1d1h")]
    {
        assert_eq!(ago(milliseconds), told);
    }
}

#[test]
fn what_others_wrote_stays_on_its_line() {
    let said = json!({"message": "a\u{1b}[31mb\nc é"});
    assert_eq!(line(&said, "message"), "a\\u{1b}[31mb\\nc é");
}

#[test]
fn what_has_a_meaning_in_a_url_is_encoded() {
    assert_eq!(segment("a-b.c_d~e"), "a-b.c_d~e");
    assert_eq!(segment("a b/é?&"), "a%20b%2F%C3%A9%3F%26");
}
