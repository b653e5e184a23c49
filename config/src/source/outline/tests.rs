use super::*;

fn shown(text: &str) -> String {
    match outline(&Source::new("test", text)) {
        Ok(Some(outline)) => show(text, &outline),
        Ok(None) => "nothing".into(),
        Err(faults) => format!("{} faults", faults.len()),
    }
}

/// Each value as it stands in the text.
fn show(text: &str, outline: &Outline) -> String {
    let written = format!("{}{:?}", if outline.anchored { "&" } else { "" }, &text[outline.span.clone()]);
    match &outline.content {
        Content::Text(_) => written,
        Content::List(items) => {
            format!("{written}[{}]", items.iter().map(|item| show(text, item)).collect::<Vec<_>>().join(", "))
        }
        Content::Map(entries) => {
            let entry = |entry: &OutlineEntry| {
                format!("{}={}", &text[entry.key_span.clone()], show(text, &entry.value))
            };
            format!("{written}{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

#[test]
fn values_stand_somewhere() {
    let rows = [
        ("", "nothing"),
        ("# only this\n", "nothing"),
        (
            "a: 1 # one\nb:\n  - x\n  - 'y'\n",
            r#""a: 1 # one\nb:\n  - x\n  - 'y'"{a="1", b="- x\n  - 'y'"["x", "'y'"]}"#,
        ),
        (
            "a: {b: [1, 2], c: }\n",
            r#""a: {b: [1, 2], c: }"{a="{b: [1, 2], c: }"{b="[1, 2]"["1", "2"], c=""}}"#,
        ),
        ("a: &x 1\nb: *x\n", r#""a: &x 1\nb: *x"{a=&"1", b="*x"}"#),
        ("a: &x\n  b: 1\n", r#""a: &x\n  b: 1"{a=&"b: 1"{b="1"}}"#),
        ("a: |\n  x\n  y  \n\nb: 2\n", "\"a: |\\n  x\\n  y  \\n\\nb: 2\"{a=\"|\\n  x\\n  y  \", b=\"2\"}"),
        ("a: |+\n  x\n\nb: 2\n", "\"a: |+\\n  x\\n\\nb: 2\"{a=\"|+\\n  x\\n\", b=\"2\"}"),
        ("a: |\r\n  x\r\nb: 2\r\n", "\"a: |\\r\\n  x\\r\\nb: 2\"{a=\"|\\r\\n  x\", b=\"2\"}"),
        ("a: |+\n  x", "\"a: |+\\n  x\"{a=\"|+\\n  x\"}"),
        ("a:\n- x\n- y\nb: 1\n", r#""a:\n- x\n- y\nb: 1"{a="- x\n- y"["x", "y"], b="1"}"#),
        ("a: >-\n  x\n  y", "\"a: >-\\n  x\\n  y\"{a=\">-\\n  x\\n  y\"}"),
        ("ü: \"é\" # ü\nb: ß\n", "\"ü: \\\"é\\\" # ü\\nb: ß\"{ü=\"\\\"é\\\"\", b=\"ß\"}"),
        ("a: 1\na: 2\n", "1 faults"),
        ("a: [\n", "1 faults"),
        ("a: 1\n---\nb: 2\n", "1 faults"),
    ];
    for (text, expected) in rows {
        assert_eq!(shown(text), expected, "{text:?}");
    }
}
