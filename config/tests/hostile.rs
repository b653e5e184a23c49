//! No document makes the reader panic, hang or eat the machine.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::sync::LazyLock;

use proptest::prelude::*;
use towpath_config::{DOCUMENT_BYTES_MAX, Faults, Source, compile};

fn faults(text: &str) -> Faults {
    match compile(&Source::new("hostile.yaml", text), &|_| None) {
        Ok(_) => panic!("this compiles: {}", text.chars().take(200).collect::<String>()),
        Err(faults) => faults,
    }
}

fn says(text: &str, expected: &str) {
    let found = faults(text).to_string();
    assert!(
        found.contains(expected),
        "wanted {expected}, found {}",
        found.chars().take(2000).collect::<String>()
    );
}

#[test]
fn depth_is_bounded() {
    says(&"[".repeat(10_000), "nested too deeply");
    says(&"{a: ".repeat(10_000), "nested too deeply");
    let steps: String = (0..1_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    says(&steps, "nested too deeply");
    says(&format!("a: {}", "- ".repeat(10_000)), "error");
    let mut deep = "present".to_owned();
    for _ in 0..25 {
        deep = format!("{{not: {deep}}}");
    }
    says(
        &format!("routes: {{r: {{match: {{headers: {{x: {deep}}}}}, to: app}}}}"),
        "there is no cluster `app`",
    );
}

#[test]
fn aliases_are_bounded() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for step in 1..30 {
        let before = format!("*a{},", step - 1).repeat(10);
        bomb.push_str(&format!("a{step}: &a{step} [{before}]\n"));
    }
    says(&bomb, "the aliases of this document repeat too much");
    let chain: String = (1..100).map(|step| format!("a{step}: &a{step} [*a{}]\n", step - 1)).collect();
    says(&format!("a0: &a0 [x]\n{chain}"), "the aliases of this document repeat too much");
}

#[test]
fn size_is_bounded() {
    let huge = "#".repeat(20 * 1024 * 1024);
    says(&huge, "16 MiB is the most");
    assert!(huge.len() > DOCUMENT_BYTES_MAX);
}

#[test]
fn many_faults_are_counted_and_not_all_kept() {
    let text: String = (0..5_000).map(|key| format!("key-{key}: 1\n")).collect();
    let faults = faults(&text);
    assert_eq!(faults.len(), 1000);
    assert!(faults.to_string().ends_with("and 4000 more\n\n"));
    assert_eq!(faults.to_json()["left_out"], 4000);
}

#[test]
fn names_are_compared_with_all_others_only_so_often() {
    let clusters: String =
        (0..2_000).map(|name| format!("  app-{name}: {{endpoints: [127.0.0.1:80]}}\n")).collect();
    let routes: String = (0..500).map(|name| format!("  r{name}: {{to: ap-{name}}}\n")).collect();
    let faults = faults(&format!("routes:\n{routes}clusters:\n{clusters}"));
    let like =
        faults.iter().filter(|fault| fault.suggestion().is_some_and(|help| help.contains("did you mean")));
    assert_eq!(like.count(), 50);
}

#[test]
fn a_line_of_a_megabyte_is_named_and_not_shown() {
    let text = format!("{{listeners: {{}}, routes: {{}}, clusters: {{}}, x{}: 1}}", "y".repeat(900));
    let text = text.replace("x", &format!("a: \"{}\", x", "z".repeat(1_000_000)));
    let found = faults(&text).to_string();
    assert!(found.contains("hostile.yaml:1:") && found.len() < 5_000, "{}", found.len());
}

#[test]
fn odd_characters_are_faults_or_text() {
    says("a\0b: 1\n", "error");
    says("routes: {r: {to: \"a\\0b\"}}", "is not a destination");
    says("\u{feff}routs: {}\n", "did you mean `routes`?");
    says("routes:\r\n  r: {to: app}\r\n", "there is no cluster `app`");
    says("\u{2028}: \u{85}\n", "error");
    says("routes:\n\tr: {to: app}\n", "indent with spaces");
}

/// The texts of all good tables, to be mutated.
static GOOD: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/good");
    let files = std::fs::read_dir(folder).expect("the fixtures").map(|entry| entry.expect("a file").path());
    let tables = files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    tables.map(|path| std::fs::read_to_string(path).expect("a fixture")).collect()
});

/// Whatever comes out, it is either a config or something to say.
fn sound(text: &str) -> bool {
    match compile(&Source::new("any.yaml", text), &|name| Some(name.to_lowercase())) {
        Ok(compiled) => !towpath_config::long_yaml(compiled.config()).is_empty(),
        Err(faults) => !faults.to_string().is_empty() && faults.to_json()["faults"].is_array(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        prop_assert!(sound(&text));
    }

    #[test]
    fn any_octets(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(sound(&String::from_utf8_lossy(&octets)));
    }

    #[test]
    fn yaml_like_text(text in "(listeners|routes|clusters|to|match|[a-z]|: |\\n|\\n  |- |[\\[\\]{},\"'&*!|>%@`#$]|\\$\\{|%\\{){0,60}") {
        prop_assert!(sound(&text));
    }

    #[test]
    fn mutated_tables(
        which in any::<prop::sample::Index>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), "[\\[\\]{}:,\"'&*!|>%\\n\\t a-z0-9$é]{0,3}", 0usize..4), 1..4),
    ) {
        let mut letters: Vec<char> = which.get(&GOOD).chars().collect();
        for (place, put, removed) in cuts {
            let start = place.index(letters.len() + 1);
            let end = (start + removed).min(letters.len());
            letters.splice(start..end, put.chars());
        }
        prop_assert!(sound(&letters.into_iter().collect::<String>()));
    }
}
