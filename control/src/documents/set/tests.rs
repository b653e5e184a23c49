use proptest::collection::btree_map;
use proptest::option;
use proptest::prelude::*;

use super::*;

fn name(text: &str) -> DocumentName {
    DocumentName::parse(text).unwrap()
}

fn documents(texts: &[(&str, &str)]) -> Documents {
    texts.iter().map(|(path, text)| (name(path), Arc::from(*text))).collect()
}

#[test]
fn names_are_paths_below_a_directory() {
    let rows = [
        ("a.yaml", None),
        ("teams/shop/routes.yml", None),
        ("Ünïcode name.yaml", None),
        ("a.json", Some("neither")),
        ("", Some("neither")),
        ("/etc/a.yaml", Some("empty")),
        ("a//b.yaml", Some("empty")),
        ("../a.yaml", Some("hidden")),
        ("a/../b.yaml", Some("hidden")),
        ("..data/a.yaml", Some("hidden")),
        (".a.yaml", Some("hidden")),
        (".yaml", Some("hidden")),
        ("a\\b.yaml", Some("backslash")),
        ("a\nb.yaml", Some("control")),
        ("a\0.yaml", Some("control")),
    ];
    for (text, expected) in rows {
        let reason = DocumentName::parse(text).err().map(|fault| fault.reason);
        assert_eq!(reason.is_some(), expected.is_some(), "{text:?}: {reason:?}");
        assert!(reason.unwrap_or_default().contains(expected.unwrap_or_default()), "{text:?}: {reason:?}");
    }
    assert!(DocumentName::parse(&format!("{}.yaml", "a".repeat(236))).is_err());
    assert!(DocumentName::parse(&format!("{}a.yaml", "a/".repeat(510))).is_err());
    assert_eq!(DocumentName::parse("x\u{7}/y").unwrap_err().name, "x?/y", "nothing that a terminal obeys");
}

#[test]
fn a_change_says_what_it_does() {
    let before = documents(&[("a.yaml", "1"), ("b.yaml", "2"), ("c.yaml", "3")]);
    let after = documents(&[("a.yaml", "1"), ("b.yaml", "two"), ("d.yaml", "4")]);
    let written = before.until(&after);
    let changed: Vec<_> =
        before.changes(&written).into_iter().map(|each| (each.document.to_string(), each.touch)).collect();
    assert_eq!(
        changed,
        [
            ("b.yaml".to_owned(), Touch::Changed),
            ("c.yaml".into(), Touch::Removed),
            ("d.yaml".into(), Touch::Added)
        ]
    );
    assert_eq!(after.changes(&written), [], "what is there already is no change");
}

#[test]
fn neighbours_are_told_apart() {
    let digests = [
        documents(&[("a.yaml", "xb.yaml")]),
        documents(&[("a.yaml", "x"), ("b.yaml", "")]),
        documents(&[("a.yaml", ""), ("b.yaml", "x")]),
        documents(&[]),
    ]
    .map(|documents| documents.digest().to_string());
    for (at, digest) in digests.iter().enumerate() {
        assert_eq!(digest.len(), 16);
        assert_eq!(digests.iter().position(|other| other == digest), Some(at));
        assert_eq!(Digest::try_from(digest.clone()).map(String::from).as_ref(), Ok(digest));
    }
    assert!(Digest::try_from("12".to_owned()).is_err());
}

proptest! {
    #[test]
    fn what_is_written_until_then_leads_there(
        before in btree_map("[ab]{1,2}", "[xy]", 0..6),
        after in btree_map("[ab]{1,2}", "[xy]", 0..6),
        written in btree_map("[ab]{1,2}", option::of("[xy]"), 0..6),
    ) {
        let set = |texts: BTreeMap<String, String>| -> Documents {
            texts.into_iter().map(|(path, text)| (name(&format!("{path}.yaml")), text.into())).collect()
        };
        let (before, after) = (set(before), set(after));
        prop_assert_eq!(&before.with(&before.until(&after)), &after);
        prop_assert_eq!(before.digest() == after.digest(), before == after);
        let written: Written =
            written.into_iter().map(|(path, text)| (name(&format!("{path}.yaml")), text.map(Arc::from))).collect();
        let changed = before.changes(&written);
        prop_assert_eq!(changed.is_empty(), before.with(&written) == before);
        prop_assert_eq!(changed.len(), before.until(&before.with(&written)).len());
    }
}
