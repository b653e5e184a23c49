use std::fmt::Write as _;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, json};
use towpath_config::OutlineEntry;

use super::*;

fn keys(path: &str) -> Vec<String> {
    path.split('.').map(str::to_owned).collect()
}

fn set(path: &str, value: Value) -> Edit {
    Edit::Set { path: keys(path), value }
}

fn remove(path: &str) -> Edit {
    Edit::Remove { path: keys(path) }
}

const TABLE: &str = "\
# the shop
namespace: shop   # ours

routes:
    # users stay where they are
    checkout:
        hosts: [shop.example.com]   # one host
        to: {checkout/stable: 90, checkout/canary: 10} # shares
        retry: 2
    'quoted':
        to: checkout

    last:
        to:
            checkout/stable: 1 # all of it
        # nothing follows
# the end of routes

clusters:
    checkout: {endpoints: [10.0.0.1:80]}
";

/// What a change of the table is called, the change, and which pieces of the table it replaces.
type Row<'r> = (&'r str, Edit, &'r [(&'r str, &'r str)]);

fn check(rows: &[Row<'_>]) {
    for newline in ["\n", "\r\n"] {
        for (name, edit, replaced) in rows {
            let text = TABLE.replace('\n', newline);
            let mut expected = TABLE.to_owned();
            for (old, new) in *replaced {
                assert_eq!(expected.matches(old).count(), 1, "{name}: {old}");
                expected = expected.replacen(old, new, 1);
            }
            let edited = super::edit(&text, std::slice::from_ref(edit))
                .unwrap_or_else(|fault| panic!("{name}: {fault}"));
            assert_eq!(edited, expected.replace('\n', newline), "{name}");
        }
    }
}

#[test]
fn values_are_replaced() {
    check(&[
        ("nothing new", set("routes.checkout.retry", json!(2)), &[]),
        (
            "a number in brackets",
            set("routes.checkout.to.checkout/stable", json!(80)),
            &[("stable: 90", "stable: 80")],
        ),
        (
            "two of them",
            set("routes.checkout.to", json!({"checkout/stable": 50, "checkout/canary": 50})),
            &[("stable: 90, checkout/canary: 10", "stable: 50, checkout/canary: 50")],
        ),
        (
            "a word for a map",
            set("routes.checkout.to", json!("other")),
            &[("{checkout/stable: 90, checkout/canary: 10} #", "other #")],
        ),
        (
            "a map for a word",
            set("routes.quoted.to", json!({"a": 1, "b/c": 2})),
            &[("to: checkout\n\n", "to: {a: 1, b/c: 2}\n\n")],
        ),
        (
            "a map for a number",
            set("routes.checkout.retry", json!({"attempts": 3})),
            &[("retry: 2", "retry: {attempts: 3}")],
        ),
        (
            "a value in a map of lines",
            set("routes.last.to", json!({"checkout/stable": 2})),
            &[("stable: 1 #", "stable: 2 #")],
        ),
        (
            "a word for lines",
            set("routes.last.to", json!("checkout")),
            &[("to:\n            checkout/stable: 1 # all of it\n", "to: checkout\n")],
        ),
        (
            "other lines",
            set("routes.last.to", json!({"x": 2, "z": 3})),
            &[("            checkout/stable: 1 # all of it\n", "            x: 2\n            z: 3\n")],
        ),
    ]);
}

#[test]
fn values_come_and_go() {
    check(&[
        (
            "a new key",
            set("routes.checkout.timeout", json!("5s")),
            &[("retry: 2\n", "retry: 2\n        timeout: 5s\n")],
        ),
        (
            "a new key in brackets",
            set("clusters.checkout.protocol", json!("h2")),
            &[("[10.0.0.1:80]}", "[10.0.0.1:80], protocol: h2}")],
        ),
        (
            "a new key in a new map",
            set("routes.quoted.maintenance.active", json!(true)),
            &[("to: checkout\n\n", "to: checkout\n        maintenance: {active: true}\n\n")],
        ),
        (
            "a new name",
            set("routes.new", json!({"to": "checkout"})),
            &[("1 # all of it\n", "1 # all of it\n    new: {to: checkout}\n")],
        ),
        (
            "a new section",
            set("grants.all", json!({"from": "*", "clusters": ["*"]})),
            &[("80]}\n", "80]}\ngrants:\n    all: {from: \"*\", clusters: [\"*\"]}\n")],
        ),
        (
            "a key less",
            remove("routes.checkout.hosts"),
            &[("        hosts: [shop.example.com]   # one host\n", "")],
        ),
        (
            "a key less in brackets",
            remove("routes.checkout.to.checkout/stable"),
            &[("checkout/stable: 90, ", "")],
        ),
        (
            "the only one in brackets",
            remove("clusters.checkout.endpoints"),
            &[("endpoints: [10.0.0.1:80]", "")],
        ),
        ("a name less", remove("routes.quoted"), &[("    'quoted':\n        to: checkout\n", "")]),
        (
            "the only name",
            remove("clusters.checkout"),
            &[("clusters:\n    checkout: {endpoints: [10.0.0.1:80]}", "clusters: {}")],
        ),
        (
            "a section less",
            remove("clusters"),
            &[("clusters:\n    checkout: {endpoints: [10.0.0.1:80]}\n", "")],
        ),
        (
            "lines that are long",
            set(
                "routes.checkout.match",
                json!([{"path": "/a/very/long/path/*", "methods": ["GET", "HEAD"]}, {"path": "/another/one"}]),
            ),
            &[(
                "retry: 2\n",
                "retry: 2\n        match:\n            - {path: /a/very/long/path/*, methods: [GET, HEAD]}\n            - {path: /another/one}\n",
            )],
        ),
    ]);
}

#[test]
fn texts_are_written_in_many_ways() {
    let rows = [
        ("", set("routes.a.to", json!("b")), "routes:\n  a: {to: b}\n"),
        ("# mine", set("a", json!("b")), "# mine\na: b\n"),
        ("{}", set("a", json!("b")), "{a: b}"),
        ("a: 1", set("b", json!(2)), "a: 1\nb: 2"),
        ("a: 1\nb: 2", remove("b"), "a: 1"),
        ("a: 1\nb: 2", remove("a"), "b: 2"),
        ("a: {b: 1, c: 2}", remove("a.c"), "a: {b: 1}"),
        ("a: |+\n x\n\nb: 1", remove("b"), "a: |+\n x\n\n"),
        ("a: 1", remove("a"), "{}"),
        ("a:\nb: 2\n", set("a", json!(1)), "a: 1\nb: 2\n"),
        ("a: # why\nb: 2\n", set("a", json!({"x": 1})), "a: # why\n  x: 1\nb: 2\n"),
        ("a:\n", set("a.x", json!(1)), "a:\n  x: 1\n"),
        ("a: {}\n", set("a.x.z", json!(1)), "a:\n  x: {z: 1}\n"),
        ("x: {a: , b: 2}\n", set("x.a", json!(1)), "x: {a: 1 , b: 2}\n"),
        ("x: {b: 2, a: }\n", set("x.c", json!(1)), "x: {b: 2, a:, c: 1 }\n"),
        ("x: { b: 2, }\n", set("x.c", json!(1)), "x: { b: 2, c: 1, }\n"),
        ("x: {\n  b: 2, # two\n  c: 3\n}\n", set("x.d", json!(4)), "x: {\n  b: 2, # two\n  c: 3, d: 4\n}\n"),
        ("x:\n- a\n- b # b\ny: 1\n", set("x", json!(["c"])), "x:\n- c\ny: 1\n"),
        ("x:\n- a\ny: 1\n", set("x", json!({"b": 1})), "x:\n  b: 1\ny: 1\n"),
        ("x: |\n  text\n  more\n\ny: 1\n", set("x", json!("short")), "x: short\n\ny: 1\n"),
        ("x: |\n  text", set("z", json!(1)), "x: |\n  text\nz: 1"),
        ("y: 1\nx: |\n  text\n", set("z", json!(1)), "y: 1\nx: |\n  text\nz: 1\n"),
        ("y: 1\nx: |+\n  text\n\n", set("z", json!(1)), "y: 1\nx: |+\n  text\n\nz: 1\n"),
        ("x: 'it''s'\n", set("x", json!("a: b # c")), "x: \"a: b # c\"\n"),
        ("x: 1\n", set("x", json!("1")), "x: \"1\"\n"),
        ("x: \"true\"\n", set("x", json!(true)), "x: true\n"),
        ("x: a\n", set("x", json!("line\nbreak \u{2028}\u{85}")), "x: \"line\\nbreak \\u2028\\u0085\"\n"),
        (r#"{"a": {"b": 1}}"#, set("a.c", json!({"d": "e"})), r#"{"a": {"b": 1, "c": {"d": "e"}}}"#),
        ("{\n  \"a\": 1\n}\n", set("b", json!("x")), "{\n  \"a\": 1, \"b\": \"x\"\n}\n"),
        ("a: &m {b: 1}\nc: *m\n", set("c", json!(2)), "a: &m {b: 1}\nc: 2\n"),
        ("--- # top\na: 1\n", set("b", json!(2)), "--- # top\na: 1\nb: 2\n"),
        ("a: 1\n...\n", set("b", json!(2)), "a: 1\nb: 2\n...\n"),
    ];
    for (text, change, expected) in rows {
        assert_eq!(edit(text, &[change]).as_deref(), Ok(expected), "{text:?}");
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let marked = "a: &m {b: 1}\nc: *m\nd: {e: &n 1, f: *n}\nx: 1\n";
    let repeated = |path: &str| EditFault::Repeated(path.into());
    let rows = [
        (marked, set("a", json!(1)), repeated("a")),
        (marked, set("a.b", json!(2)), repeated("a.b")),
        (marked, set("a.z", json!(2)), repeated("a.z")),
        (marked, set("c.b", json!(2)), repeated("c.b")),
        (marked, remove("a"), repeated("a")),
        (marked, set("d", json!(2)), repeated("d")),
        (marked, remove("z.z"), EditFault::Missing("z.z".into())),
        (marked, set("x.y", json!(2)), EditFault::NoMap("x".into())),
        ("", remove("a"), EditFault::Missing("a".into())),
        ("? a\n: 1\n", set("a", json!(2)), EditFault::Unsure("a".into())),
    ];
    for (text, change, expected) in rows {
        assert_eq!(edit(text, &[change]), Err(expected), "{text:?}");
    }
    let Err(EditFault::Unreadable(faults)) = edit("a: [\n", &[remove("a")]) else {
        panic!("this is no YAML")
    };
    assert!(faults.contains("2:1") || faults.contains("line 2") || faults.contains("1 |"), "{faults}");
}

/// A value and how it is written.
#[derive(Debug, Clone)]
enum Written {
    /// As it stands, on one line.
    Word(&'static str),
    /// Below `|`.
    Lines(&'static str),
    List(Vec<Self>, bool),
    /// Each entry with what follows its line, and its lines; in brackets when false.
    Map(Vec<(String, Self, &'static str, &'static str)>, bool),
}

fn written() -> impl Strategy<Value = Written> {
    let word = select(vec![
        "word",
        "80",
        "true",
        "\"in: quotes # \"",
        "'it''s'",
        "10.0.0.1:80",
        "\"ü\\n\"",
        "''",
        "a b",
        "checkout/canary",
    ]);
    let leaf = prop_oneof![
        8 => word.prop_map(Written::Word),
        1 => select(vec!["|\n x\n  y", ">-\n x\n\n y", "|+\n x\n", "| # why\n x"]).prop_map(Written::Lines),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let behind = select(vec!["", "", " # behind", "   #"]);
        let below = select(vec!["", "", "\n", "# below\n", "\n# below\n\n"]);
        prop_oneof![
            1 => (vec(inner.clone(), 0..4), any::<bool>()).prop_map(|(items, block)| Written::List(items, block)),
            4 => (btree_map("[a-e]{1,2}", (inner, behind, below), 0..5), any::<bool>()).prop_map(|(entries, block)| {
                let entry = |(key, (value, behind, below))| (key, value, behind, below);
                Written::Map(entries.into_iter().map(entry).collect(), block)
            }),
        ]
    })
}

fn document() -> impl Strategy<Value = String> {
    let map = written().prop_filter("a document is a map", |written| matches!(written, Written::Map(..)));
    (map, 1usize..5, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(map, step, deep, end, crlf)| {
        let mut text = String::from("# head\n");
        match &map {
            Written::Map(entries, true) if !entries.is_empty() => block(&map, 0, step, deep, &mut text),
            map => text.push_str(&brackets(map)),
        }
        let text = if end { format!("{}\n", text.trim_end()) } else { text.trim_end().to_owned() };
        if crlf { text.replace('\n', "\r\n") } else { text }
    })
}

fn brackets(written: &Written) -> String {
    match written {
        Written::Word(word) => (*word).to_owned(),
        Written::Lines(_) => "lines".into(),
        Written::List(items, _) => format!("[{}]", items.iter().map(brackets).collect::<Vec<_>>().join(", ")),
        Written::Map(entries, _) => {
            let entry =
                |(key, value, ..): &(String, Written, &str, &str)| format!("{key}: {}", brackets(value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

fn block(written: &Written, column: usize, step: usize, deep: bool, out: &mut String) {
    let indent = " ".repeat(column);
    match written {
        Written::Map(entries, _) => {
            for (key, value, behind, below) in entries {
                let _ = write!(out, "{indent}{key}:");
                match value {
                    Written::Map(inner, true) if !inner.is_empty() => {
                        let _ = writeln!(out, "{behind}");
                        block(value, column + step, step, deep, out);
                    }
                    Written::List(inner, true) if !inner.is_empty() => {
                        let _ = writeln!(out, "{behind}");
                        block(value, column + if deep { step } else { 0 }, step, deep, out);
                    }
                    Written::Lines(lines) => {
                        let _ = writeln!(out, " {}", lines.replace("\n ", &format!("\n {indent}")));
                    }
                    value => _ = writeln!(out, " {}{behind}", brackets(value)),
                }
                out.push_str(below);
            }
        }
        Written::List(items, _) => {
            items.iter().for_each(|item| _ = writeln!(out, "{indent}- {}", brackets(item)));
        }
        Written::Word(_) | Written::Lines(_) => {}
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        select(vec![
            json!(1),
            json!(true),
            json!("word"),
            json!("1"),
            json!("a: b"),
            json!(""),
            json!("~"),
            json!("ü\n")
        ]),
        select(vec![json!({}), json!([]), json!("10.0.0.1:80"), json!("*"), json!("x ".repeat(60))]),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            btree_map("[a-e]{1,2}", inner, 0..4).prop_map(|entries| Value::Object(Map::from_iter(entries))),
        ]
    })
}

/// The entry at the end of a path, and whether brackets are around it; `None` when there is none.
fn entry<'o>(root: &'o Outline, path: &[String]) -> Option<(&'o OutlineEntry, bool)> {
    way(root, path)
        .ok()
        .filter(|way| way.entries.len() == path.len())
        .map(|way| (way.entries[path.len() - 1], way.flow))
}

fn paths(outline: &Outline, path: &[String], out: &mut Vec<Vec<String>>) {
    let Content::Map(entries) = &outline.content else { return };
    for each in entries {
        let path: Vec<_> = path.iter().chain([&each.key]).cloned().collect();
        paths(&each.value, &path, out);
        out.push(path);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// What is read again is what was there, with exactly that change; no line outside of the value is touched.
    #[test]
    fn nothing_else_changes(text in document(), at in any::<Index>(), new in option::of("[a-e]{3}"), value in option::of(value())) {
        let before = read(&text).unwrap().unwrap();
        let mut all = vec![Vec::new()];
        paths(&before, &[], &mut all);
        let mut path = at.get(&all).clone();
        let top = path.is_empty().then(|| "new".to_owned());
        path.extend(new.or(top));
        let change = match &value {
            Some(value) => Edit::Set { path: path.clone(), value: value.clone() },
            None => Edit::Remove { path: path.clone() },
        };
        let after = match edit(&text, &[change]) {
            Ok(after) => after,
            Err(EditFault::Missing(_)) => {
                prop_assert!(value.is_none() && entry(&before, &path).is_none());
                return Ok(());
            }
            Err(EditFault::NoMap(_)) => {
                let (parent, _) = entry(&before, &path[..path.len() - 1]).unwrap();
                prop_assert!(!matches!(parent.value.content, Content::Map(_)));
                return Ok(());
            }
            // empty lines that stay behind would become text
            Err(EditFault::Unsure(_)) if value.is_none() && text.contains("|+") => return Ok(()),
            Err(fault) => return Err(TestCaseError::fail(format!("{fault}"))),
        };
        let mut expected = Meaning::of(Some(&before));
        match &value {
            Some(value) => expected.set(&path, Meaning::json(value)),
            None => expected.remove(&path),
        }
        let says = Meaning::of(read(&after).unwrap().as_ref());
        prop_assert_eq!(sorted(says), sorted(expected));
        prop_assert_eq!(after.contains("\r\n"), text.contains("\r\n"), "lines end as they did");
        prop_assert_eq!(after.replace("\r\n", "").contains('\r'), false);
        // the lines that may change: those of the value, or of the smallest value around it that stands there
        let longest = if value.is_some() { path.len() } else { path.len() - 1 };
        let around = (1..=longest).rev().find_map(|length| entry(&before, &path[..length]).filter(|(_, flow)| !flow));
        let lines = around.map_or(0..text.len(), |(entry, _)| entry.key_span.start..entry.end());
        let lines = Text::new(&text).line_start(lines.start)..Text::new(&text).next_line(lines.end);
        prop_assert!(after.starts_with(&text[..lines.start]), "{after}");
        prop_assert!(after.ends_with(text[lines.end..].trim_start()), "{after}");
        if value.is_some() && entry(&before, &path).is_none() && before.style == Style::Block && path.len() == 1 {
            let mut left = after.lines();
            prop_assert!(text.lines().all(|line| left.any(|other| other == line)), "every line stays: {after}");
        }
    }
}

proptest! {
    #[test]
    fn several_changes_come_to_what_they_come_to_one_by_one(
        text in document(),
        changes in vec((any::<Index>(), option::of(value()), option::of("[a-z]{1,3}")), 2..6),
    ) {
        let mut all = vec![Vec::new()];
        paths(&read(&text).unwrap().unwrap(), &[], &mut all);
        let changes: Vec<_> = changes
            .into_iter()
            .map(|(at, value, new)| {
                let mut path = at.get(&all).clone();
                let top = path.is_empty().then(|| "new".to_owned());
                path.extend(new.or(top));
                match value {
                    Some(value) => Edit::Set { path, value },
                    None => Edit::Remove { path },
                }
            })
            .collect();
        let by_one = changes.iter().try_fold(text.clone(), |text, change| edit(&text, std::slice::from_ref(change)));
        match (by_one, edit(&text, &changes)) {
            (Ok(one), Ok(all)) => {
                let says = |text: &str| sorted(Meaning::of(read(text).unwrap().as_ref()));
                prop_assert_eq!(says(&one), says(&all), "{}\n---\n{}", one, all);
            }
            // together it may be plain what becomes of a text, where it is not after each of them
            (Err(EditFault::Unsure(_)), _) => {}
            (one, all) => prop_assert_eq!(one.is_ok(), all.is_ok(), "{:?}\n---\n{:?}", one, all),
        }
    }
}

#[test]
fn many_changes_cost_as_much_as_the_text_is_long() {
    // read anew for each of them, it would take hours
    let line =
        |name: usize, port: usize| format!("  c{name}: {{endpoints: [\"10.0.0.1:{port}\"]}}  # {name}\n");
    let section =
        |names: std::ops::Range<usize>, port| names.map(|name| line(name, port)).collect::<String>();
    let before = format!("clusters:\n{}routes: {{}}\n", section(0..2000, 80));
    let endpoint = json!({"endpoints": ["10.0.0.1:81"]});
    let edits: Vec<_> = (0..3000).map(|name| set(&format!("clusters.c{name}"), endpoint.clone())).collect();
    let after = edit(&before, &edits).unwrap();
    let new = section(2000..3000, 81)
        .lines()
        .map(|line| line.split("  #").next().unwrap().to_owned() + "\n")
        .collect::<String>();
    assert_eq!(
        after,
        format!("clusters:\n{}{}routes: {{}}\n", section(0..2000, 81).replace('"', ""), new.replace('"', ""))
    );
}

/// Without the order of maps: a map that is replaced keeps the order that it had.
fn sorted(meaning: Meaning) -> Meaning {
    match meaning {
        Meaning::Map(entries) => {
            let mut entries: Vec<_> = entries.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by(|left, right| left.0.cmp(&right.0));
            Meaning::Map(entries)
        }
        Meaning::List(items) => Meaning::List(items.into_iter().map(sorted).collect()),
        text => text,
    }
}
