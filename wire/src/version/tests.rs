use super::*;

#[test]
fn the_same_text_has_the_same_version_everywhere() {
    // xxh64 with seed 0, as `xxhsum -H1` prints it
    let rows = [
        ("", "ef46db3751d8e999"),
        ("abc", "44bc2cf5ad770999"),
        // docs/control-protocol.md
        (
            r#"{"hosts":["shop.example.com"],"to":{"checkout/stable":90,"checkout/canary":10}}"#,
            "73e11d165f66b757",
        ),
    ];
    for (text, version) in rows {
        assert_eq!(Version::of(text).to_string(), version);
        assert_eq!(version.parse(), Ok(Version::of(text)));
    }
}

#[test]
fn what_is_no_version() {
    for text in ["", "1", "ef46db3751d8e99", "ef46db3751d8e9990", "+f46db3751d8e999", "ef46db3751d8e99g"] {
        assert_eq!(text.parse::<Version>(), Err(NoVersion), "{text}");
    }
}
