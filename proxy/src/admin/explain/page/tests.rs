use super::*;
use crate::admin::pages::tests::{TABLE, context};

fn post(accept: &str, body: &'static [u8]) -> Reply {
    page(&context(TABLE).site, &Asked { accept: accept.to_owned(), body: body.into(), ..Asked::default() })
}

#[test]
fn programs_get_json_and_people_text() {
    let question = br#"{"url": "/x"}"#;
    for accept in ["", "*/*", "application/json"] {
        let reply = post(accept, question);
        let document: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(document["outcome"]["route"], "all", "{accept}");
    }
    let reply = post("text/html, text/plain;q=0.9", question);
    assert!(reply.content_type.starts_with("text/plain") && reply.body.contains("route all"));
}

#[test]
fn a_bad_question_is_a_bad_request() {
    let reply = post("", b"{}");
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(reply.body.contains("missing field `url`"), "{}", reply.body);
}
