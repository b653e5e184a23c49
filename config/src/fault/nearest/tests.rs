use super::nearest;

#[test]
fn finds_what_was_meant() {
    let keys = ["weight", "address", "labels", "to", "timeout", "host"];
    for (word, expected) in [
        ("wieght", Some("weight")),
        ("weigth", Some("weight")),
        ("adress", Some("address")),
        ("label", Some("labels")),
        ("time-out", Some("timeout")),
        ("ot", Some("to")),
        ("hosts", Some("host")),
        ("retry", None),
        ("", None),
        ("x", None),
        ("completely-different", None),
    ] {
        assert_eq!(nearest(word, keys), expected, "{word}");
    }
}

#[test]
fn letters_are_counted_not_octets() {
    assert_eq!(nearest("grüün", ["grün"]), Some("grün"));
}
