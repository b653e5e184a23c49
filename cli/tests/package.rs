//! What the binary brings along for whoever installs it: its version, completions, manual pages.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn towpath(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_towpath")).args(arguments).output().expect("the binary starts")
}

fn text(arguments: &[&str]) -> String {
    let output = towpath(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a program where it finds no repository but what lies below `folder`.
fn run(command: &mut Command, folder: &Path) -> String {
    let output = command.current_dir(folder).env("GIT_CEILING_DIRECTORIES", "/").output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
    run(Command::new("git").args(who).args(arguments), folder).trim_end().to_owned()
}

/// Commands as the help lists them.
fn commands() -> Vec<String> {
    let help = text(&["--help"]);
    let lines =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    lines.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn the_version_names_the_commit_where_there_is_one() {
    let place = tempfile::tempdir().unwrap();
    let script = place.path().join("build");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/build.rs");
    run(Command::new("rustc").args(["--edition=2024", source, "-o"]).arg(&script), place.path());
    let version = |folder: &Path, given: &str| {
        let mut command = Command::new(&script);
        let said = run(command.env("CARGO_PKG_VERSION", "1.2.3").env("TOWPATH_COMMIT", given), folder);
        let version = said.lines().find_map(|line| line.strip_prefix("cargo:rustc-env=TOWPATH_VERSION="));
        version.expect("a version is told").to_owned()
    };
    let archive = place.path().join("outer/towpath");
    let cli = archive.join("cli");
    fs::create_dir_all(&cli).unwrap();
    fs::write(cli.join("Cargo.toml"), "").unwrap();
    assert_eq!(version(&cli, ""), "1.2.3");
    assert_eq!(version(&cli, "0123456789abcdef0"), "1.2.3 (0123456789ab)");
    // unpacked within a repository of somebody else
    git(&place.path().join("outer"), &["init", "-q"]);
    git(&place.path().join("outer"), &["add", "."]);
    git(&place.path().join("outer"), &["commit", "-qm", "a"]);
    assert_eq!(version(&cli, ""), "1.2.3");
    git(&archive, &["init", "-q"]);
    git(&archive, &["add", "."]);
    git(&archive, &["commit", "-qm", "a"]);
    let commit = git(&archive, &["rev-parse", "--short=12", "HEAD"]);
    assert_eq!(version(&cli, ""), format!("1.2.3 ({commit})"));
    assert!(text(&["--version"]).starts_with(concat!("towpath ", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn bash_completes_commands_and_options() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("towpath.bash"), text(&["completions", "bash"])).unwrap();
    let complete = |words: &str| {
        let script = format!(
            "source ./towpath.bash; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _towpath towpath \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        run(Command::new("bash").args(["-c", &script]), folder.path())
    };
    assert_eq!(complete("towpath exp").trim(), "explain");
    assert_eq!(complete("towpath proxy --spl").trim(), "--split");
}

#[test]
fn every_shell_and_the_manual_know_every_command() {
    let commands = commands();
    assert!(commands.len() > 5, "{commands:?}");
    for shell in ["bash", "zsh", "fish"] {
        let script = text(&["completions", shell]);
        for command in &commands {
            assert!(script.contains(command.as_str()), "{shell} does not know {command}");
        }
    }
    let whole = text(&["manual"]);
    for command in &commands {
        assert!(whole.contains(&format!("towpath\\-{command}(1)")), "{command} is not in the manual");
        let page = text(&["manual", command]);
        assert!(page.contains(&format!(".TH towpath-{command} 1")), "{page}");
    }
    assert_eq!(towpath(&["manual", "no-such-command"]).status.code(), Some(2));
    assert_eq!(towpath(&["completions", "no-such-shell"]).status.code(), Some(2));
}
