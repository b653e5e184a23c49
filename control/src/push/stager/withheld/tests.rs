use super::*;

fn documents(texts: &[(&str, &str)]) -> Documents {
    texts.iter().map(|(name, text)| (DocumentName::parse(name).unwrap(), (*text).into())).collect()
}

#[test]
fn what_was_good_stands_for_it_until_somebody_changes_it() {
    let before = documents(&[("a.yaml", "1"), ("b.yaml", "1"), ("gone.yaml", "1")]);
    let source = documents(&[("a.yaml", "2"), ("b.yaml", "2"), ("new.yaml", "2")]);
    let mut withheld = Withheld::default();
    withheld.add(&source, &source.until(&before), "no");
    assert_eq!(source.with(&withheld.written(&source)), before);
    // what is withheld outlives the server
    let kept = serde_json::to_string(&withheld).unwrap();
    let withheld: Withheld = serde_json::from_str(&kept).unwrap();
    let source = documents(&[("a.yaml", "2"), ("b.yaml", "3"), ("c.yaml", "1")]);
    let now = source.with(&withheld.written(&source));
    assert_eq!(now, documents(&[("a.yaml", "1"), ("b.yaml", "3"), ("c.yaml", "1"), ("gone.yaml", "1")]));
    let mut withheld = withheld;
    withheld.forget(&source);
    let names: Vec<_> = withheld.reasons().map(|(name, reason)| (name.as_str(), reason)).collect();
    assert_eq!((names, withheld.len()), (vec![("a.yaml", "no"), ("gone.yaml", "no")], 2));
    let source = documents(&[("a.yaml", "4"), ("gone.yaml", "5")]);
    assert!(withheld.written(&source).is_empty());
    withheld.forget(&source);
    assert!(withheld.is_empty());
}
