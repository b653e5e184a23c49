//! What a process that cannot start says: which file, which line, which port, and what would be right.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Output};

fn towpath(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_towpath")).args(arguments).output().expect("the binary starts")
}

/// Runs `towpath proxy` on this text and gives the exit code and what it said.
fn start(table: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.yaml");
    fs::write(&file, table).unwrap();
    let output = towpath(&["proxy", "-c", file.to_str().unwrap()]);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_bad_table_is_told_whole() {
    let (code, said) = start(
        "listeners:\n  web: {adress: 127.0.0.1:0}\nroutes:\n  all: {to: nowhere}\nclusters:\n  app: {endpoints: [127.0.0.1:1], weight: 1}\n",
    );
    assert_eq!(code, Some(2), "{said}");
    for part in
        ["table.yaml:2:", "adress", "address", "table.yaml:4:", "nowhere", "table.yaml:6:", "weight", "^"]
    {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
}

#[test]
fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let table = format!(
        "proxy: {{admin: \"127.0.0.1:0\"}}\nlisteners: {{web: {{address: \"{address}\"}}}}\n\
         routes: {{all: {{to: app}}}}\nclusters: {{app: {{endpoints: [\"127.0.0.1:1\"]}}}}\n"
    );
    let (code, said) = start(&table);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&address.to_string()) && said.contains("web"), "{said}");
    let (code, said) = start(
        &table
            .replace(&format!("\"{address}\""), "\"127.0.0.1:0\"")
            .replace("admin: \"127.0.0.1:0\"", &format!("admin: \"{address}\"")),
    );
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&address.to_string()) && said.contains("admin"), "{said}");
}

#[test]
fn a_missing_file_is_named() {
    let output = towpath(&["proxy", "-c", "/no/such/table.yaml"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("/no/such/table.yaml"), "{said}");
}

#[test]
fn bytes_that_are_no_table_are_refused() {
    for table in
        ["", "\u{0}", "[", "{", "- a", "a: *b", "routes: 5", "\u{feff}\u{7}", "!!binary x", "&a [*a]"]
    {
        let (code, said) = start(table);
        assert_eq!(code, Some(2), "{table:?}: {said}");
        assert!(!said.trim().is_empty() && !said.contains("panicked"), "{table:?}: {said}");
    }
}

#[test]
fn unknown_words_get_the_usage() {
    for arguments in [&["proxy", "--no-such-flag"][..], &["no-such-command"], &["proxy"]] {
        let output = towpath(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("Usage"), "{said}");
    }
}
