use super::*;

#[test]
fn times_are_written_as_in_a_table() {
    let table = [(250, "250ms"), (30_000, "30s"), (90_000, "1m30s"), (3_600_000, "1h")];
    for (millis, text) in table {
        assert_eq!(duration(Duration::from_millis(millis)), text);
    }
    assert_eq!(limit(None), "none");
}

#[test]
fn patterns_are_written_as_in_a_table() {
    assert_eq!(host(&HostPattern::Suffix(".example.com".to_owned())), "*.example.com");
    assert_eq!(host(&HostPattern::Any), "*");
    assert_eq!(path(&PathPattern::Prefix(String::new())), "/*");
    let segments = vec![Segment::Literal("users".to_owned()), Segment::Parameter("id".to_owned())];
    assert_eq!(path(&PathPattern::Template { segments, rest: true }), "/users/:id/*");
}
