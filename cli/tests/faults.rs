//! Endpoints that fail while they are asked, by rate and time and beside other proxies, are `./dev bench faults`, whose frame
//! is tried here once, in small.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::path::Path;
use std::process::Command;

#[test]
fn the_frame_of_the_scenarios_stands() {
    let towpath = Path::new(env!("CARGO_BIN_EXE_towpath"));
    let folder = towpath.parent().unwrap();
    if !folder.join("towpath-load").exists() {
        assert!(support::installed().is_none(), "the load generator is built with all tests");
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/peers/faults.py");
    let mut python = Command::new("python3");
    python.env("PYTHONDONTWRITEBYTECODE", "1").arg(script).arg("--binaries").arg(folder);
    python.args(["--short", "--rate", "200", "--peers", "towpath", "--only", "killed", "--json", "-"]);
    let output = python.output().expect("python3 is installed");
    let text = String::from_utf8(output.stdout).unwrap();
    let runs: serde_json::Value = serde_json::from_str(&text)
        .unwrap_or_else(|fault| panic!("{fault}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    let runs = runs.as_array().unwrap();
    assert_eq!(runs.iter().map(|run| run["protected"].as_bool().unwrap()).collect::<Vec<_>>(), [false, true]);
    assert!(runs.iter().all(|run| run["requests"] == 500), "each request is in it: {runs:#?}");
    assert!(runs[0]["failed"].as_u64() > Some(0), "an endpoint that is gone is noticed: {runs:#?}");
}
