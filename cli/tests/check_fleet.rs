//! `towpath check --fleet` with the real binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const SHOP: &str = "namespace: shop\nlisteners: {web: {address: 127.0.0.1:8080}}\nroutes: {all: {to: app, hosts: shop.test}}\n";
const APP: &str = "namespace: shop\nclusters:\n  app: {endpoints: [127.0.0.1:3000]}\n";

fn check(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
    let Output { status, stdout, stderr } =
        command.current_dir(folder).args(["check", "--fleet"]).args(arguments).output().expect("it runs");
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn documents_of_a_fleet_are_checked_together() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("mesh/shop")).unwrap();
    fs::write(at("mesh/shop/edge.yaml"), SHOP).unwrap();
    fs::write(at("mesh/.hidden.yaml"), "no: [").unwrap();
    fs::write(at("mesh/notes.txt"), "no: [").unwrap();

    let (code, out, err) = check(folder.path(), &["mesh"]);
    assert_eq!(
        (code, out.lines().next()),
        (Some(2), Some("shop/edge.yaml: waits for what is not there")),
        "{err}"
    );
    assert!(err.contains("--> shop/edge.yaml:3:20") && err.contains("there is no cluster `app`"), "{err}");

    fs::write(at("mesh/app.yml"), APP).unwrap();
    let (code, out, err) = check(folder.path(), &["mesh"]);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(
        lines,
        ["app.yml: ok", "shop/edge.yaml: ok", "namespace shop: 1 route, 1 cluster, 1 listener"],
        "{err}"
    );
    assert_eq!(code, Some(0));

    let (code, ..) = check(folder.path(), &["mesh/app.yml", "mesh/shop/edge.yaml"]);
    assert_eq!(code, Some(0));

    fs::write(at("mesh/app.yml"), APP.replace("127.0.0.1:3000", "\"${HOME}\"")).unwrap();
    let (code, out, _) = check(folder.path(), &["--format", "json", "mesh"]);
    let list: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (code, &list[0]["ok"], &list[0]["faults"][0]["line"]),
        (Some(2), &Value::from(false), &Value::from(3))
    );
    assert_eq!(list[0]["faults"][0]["message"], "variables are not replaced in documents of a fleet");
}

#[test]
fn what_is_not_there_is_said() {
    let folder = tempfile::tempdir().unwrap();
    for (path, expected) in [
        ("nothing", "cannot name a document"),
        ("nothing.yaml", "cannot read nothing.yaml"),
        (".", "there are no documents"),
    ] {
        let (code, _, err) = check(folder.path(), &[path]);
        assert_eq!(code, Some(2), "{path}");
        assert!(err.contains(expected), "{path}: {err}");
    }
}
