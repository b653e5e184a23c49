use super::*;
use crate::fault::Findings;
use crate::source::{Source, parse};

#[test]
fn the_way_there_leads_to_the_same_place_of_another_text() {
    let flow = Source::new("a", r#"{"to": {"a/x": 90, "b": 1}, "match": [{"path": "/a"}, {"path": "/b"}]}"#);
    let block = Source::new("b", "match:\n- path: /a\n- {path: /b}\nto:\n  b: 1\n  a/x: 90\n");
    let mut findings = Findings::default();
    let (flow_tree, block_tree) =
        (parse(&flow, &mut findings).unwrap(), parse(&block, &mut findings).unwrap());
    for (piece, line, column) in [
        ("\"to\"", 4, 1),
        ("{\"a/x", 5, 3),
        ("\"a/x\"", 6, 3),
        ("90", 6, 8),
        ("[{", 2, 3),
        ("\"/a\"", 2, 9),
        ("{\"path\": \"/b\"", 3, 3),
        ("\"/b\"", 3, 10),
    ] {
        let octet = flow.text().find(piece).unwrap() as u32;
        let end = follow(&block_tree, &way(&flow_tree, octet));
        assert_eq!((end.span.line, end.span.column), (line, column), "{piece}");
    }
}

#[test]
fn a_way_ends_where_the_other_text_has_nothing() {
    let source = Source::new("a", "{a: {b: 1}}");
    let mut findings = Findings::default();
    let tree = parse(&source, &mut findings).unwrap();
    let way = [Step::Value("a".into()), Step::Value("c".into()), Step::Item(3)];
    let end = follow(&tree, &way);
    assert_eq!((end.steps, end.span.column), (1, 5));
}
