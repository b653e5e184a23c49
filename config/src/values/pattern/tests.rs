use super::*;

#[test]
fn a_lead_is_what_every_match_begins_with() {
    for (source, lead) in [
        ("^/v[0-9]+/things", "/v"),
        ("^/exact$", "/exact"),
        ("^/(alpha|album)/x", "/al"),
        ("^(/a|/b/)", "/"),
        ("^/a|^/ab", "/a"),
        // bound in one alternative only, or not at all
        ("^/a|/ab", ""),
        ("/v[0-9]+", ""),
        ("(?m)^/a", ""),
        ("", ""),
        ("^", ""),
        // of no one spelling
        ("(?i)^/a", "/"),
        ("^/?a", ""),
        ("^/a*", "/"),
        ("^/ä", "/ä"),
        ("^/[äå]", "/"),
    ] {
        assert_eq!(Pattern::parse(source).unwrap().lead(), lead, "{source}");
    }
}
