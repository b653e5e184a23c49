//! The demos, whose exit codes say whether they showed what they should.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// A demo looks for ports that are free, and opens them a moment later: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn each_combination_works() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let towpath = env!("CARGO_BIN_EXE_towpath");
    let output = Command::new(towpath).args(["demo", "--protocols", "--for", "1s"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<_> = told.lines().filter(|line| line.contains(" → ") && line.ends_with("ms")).collect();
    assert_eq!(lines.len(), 10, "{told}");
    assert!(told.trim_end().ends_with("each combination worked, each time"), "{told}");
}

#[test]
fn both_proxies_follow_an_edit() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("mesh");
    let mut demo = Command::new(env!("CARGO_BIN_EXE_towpath"))
        .args(["demo", "--for", "2m", "--keep"])
        .arg(&folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("tables 1 and 1:")), "they begin with the same table");
    let file = folder.join("mesh.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("hello/v1: 90", "hello/v1: 30")).unwrap();
    assert!(lines.any(|line| line.starts_with("tables 2 and 2:")), "both have the next one");
    Command::new("kill").args(["-TERM", &demo.id().to_string()]).status().unwrap();
    let told: Vec<_> = lines.collect();
    assert_eq!(
        told.last().map(String::as_str),
        Some("the split is within the binomial bound of 30/10"),
        "{told:?}"
    );
    assert!(demo.wait().unwrap().success());
    assert!(file.exists(), "it was asked to be kept");
}
