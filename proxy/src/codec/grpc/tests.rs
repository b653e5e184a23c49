use super::*;

#[test]
fn a_media_type_is_that_of_grpc_or_of_something_else() {
    for (value, is_grpc) in [
        ("application/grpc", true),
        ("application/grpc+proto", true),
        ("application/grpc+json", true),
        ("application/grpc;charset=utf-8", true),
        ("application/grpc-web", false),
        ("application/grpc-web+proto", false),
        ("application/grpc-web-text", false),
        ("application/json", false),
        ("application/grp", false),
        ("", false),
    ] {
        assert_eq!(is_media_type(value.as_bytes()), is_grpc, "{value}");
    }
}

#[test]
fn messages_are_percent_encoded() {
    for (text, wanted) in [
        ("503 no-endpoint\n", "503 no-endpoint"),
        ("50%", "50%25"),
        ("two\nlines", "two%0Alines"),
        ("Grüße ~", "Gr%C3%BC%C3%9Fe ~"),
        ("", ""),
    ] {
        assert_eq!(message(text), wanted);
    }
    assert_eq!(message(&"x".repeat(5000)), "x".repeat(1024));
    assert_eq!(message(&"€".repeat(5000)), "%E2%82%AC".repeat(341), "no letter is cut in two");
}
