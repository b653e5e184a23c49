use super::*;

#[test]
fn a_document_is_whose_the_mesh_takes_it_for() {
    for (text, whose) in [
        ("namespace: shop\nroutes: {}\n", Some("shop")),
        ("{\"namespace\": \"shop\"}", Some("shop")),
        ("routes: {}\n", Some("default")),
        ("namespace: 42\n", Some("42")),
        ("namespace: true\n", Some("true")),
        ("namespace: '42'\n", Some("42")),
        ("namespace: 007\n", Some("007")),
        ("namespace: {", None),
        ("just words", None),
    ] {
        let text = Arc::from(text);
        assert_eq!(namespace_of(&text).as_deref(), whose, "{text}");
        if let Ok(cut) = parts::cut(&Source::new("a.yaml", Arc::clone(&text))) {
            assert_eq!(Some(cut.namespace()), whose, "{text}");
        }
    }
}
