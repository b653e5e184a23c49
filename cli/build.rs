//! Finds out which commit is built, for `towpath --version`: `TOWPATH_COMMIT` when it is set, else git's word where the
//! source is a clone. In a source archive there is neither, and the version stands alone.

#![allow(clippy::print_stdout, reason = "so a build script speaks to cargo")]
#![allow(clippy::disallowed_methods, reason = "and so cargo speaks to it")]

use std::env;
use std::path::Path;
use std::process::Command;

/// Characters of a commit that are shown.
const COMMIT_CHARACTERS: usize = 12;

fn main() {
    println!("cargo:rerun-if-env-changed=TOWPATH_COMMIT");
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let given = env::var("TOWPATH_COMMIT").ok().filter(|commit| !commit.trim().is_empty());
    let version = match given.or_else(commit) {
        Some(commit) => {
            let short: String = commit.trim().chars().take(COMMIT_CHARACTERS).collect();
            format!("{version} ({short})")
        }
        None => version,
    };
    println!("cargo:rustc-env=TOWPATH_VERSION={version}");
}

/// The commit of the clone that this crate is a part of; none of a repository that an archive was unpacked in.
fn commit() -> Option<String> {
    if git(&["rev-parse", "--show-prefix"])? != "cli/" || git(&["ls-files", "Cargo.toml"])?.is_empty() {
        return None;
    }
    let branch = git(&["symbolic-ref", "--quiet", "HEAD"]);
    // what changes with a commit; a path that is not there would have every build run this again
    for name in ["HEAD", "logs/HEAD"].into_iter().chain(branch.as_deref()) {
        let path = git(&["rev-parse", "--git-path", name]).filter(|path| Path::new(path).exists());
        path.inspect(|path| println!("cargo:rerun-if-changed={path}"));
    }
    git(&["rev-parse", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output =
        Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim_end().to_owned())
}
