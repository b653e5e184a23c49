//! The demo of protocols, whose exit code says whether each combination worked.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::process::Command;

#[test]
fn each_combination_works() {
    let towpath = env!("CARGO_BIN_EXE_towpath");
    let output = Command::new(towpath).args(["demo", "--protocols", "--for", "1s"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<_> = told.lines().filter(|line| line.contains(" → ") && line.ends_with("ms")).collect();
    assert_eq!(lines.len(), 10, "{told}");
    assert!(told.trim_end().ends_with("each combination worked, each time"), "{told}");
}
