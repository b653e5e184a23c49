//! `docs/limits.md` is complete and names nothing that is not there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn schema(of: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
    let output = command.arg("schema").args(of).output().expect("the binary runs");
    serde_json::from_slice(&output.stdout).expect("the schema is JSON")
}

/// The rows of a section: key, default, consequence, counters, tests.
fn rows<'a>(page: &'a str, section: &str) -> Vec<[&'a str; 5]> {
    let from = page.split_once(&format!("# {section}\n")).expect("the section").1;
    let section = from.split_once("\n##").map_or(from, |(section, _)| section);
    let lines = section.lines().filter(|line| line.starts_with("| `"));
    lines.map(|line| cells(line).try_into().unwrap_or_else(|_| panic!("five cells: {line}"))).collect()
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

/// What stands between backquotes.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Keys that are limits, though their names do not say so.
const LIMITS: [&str; 6] = ["stream_age", "keepalive", "gone_for", "attempts", "retry_after_max", "ratio"];

/// The limits of a definition of the schema, by key, with their defaults.
fn limits(schema: &Value, name: &str) -> Vec<(String, Value)> {
    let properties = schema["$defs"][name]["properties"].as_object().unwrap_or_else(|| panic!("{name}"));
    let is_limit = |key: &str| {
        name.ends_with("Limits")
            || name == "Quotas"
            || LIMITS.contains(&key)
            || key.ends_with("timeout")
            || key.ends_with("_bytes")
    };
    let prefix = match name {
        "ProxyProtocol" => "proxy_protocol.",
        "Health" => "health.",
        "Quotas" => "quotas.",
        "Retry" => "retry.",
        "RetryBudget" => "retry_budget.",
        _ if name.ends_with("Limits") => "limits.",
        _ => "",
    };
    let found = properties.iter().filter(|(key, _)| is_limit(key));
    found.map(|(key, about)| (format!("{prefix}{key}"), about["default"].clone())).collect()
}

#[test]
fn every_limit_stands_on_the_page_with_its_default() {
    let page = fs::read_to_string(root().join("docs/limits.md")).expect("the page");
    let (table, server, fleet) = (schema(&[]), schema(&["--control"]), schema(&["--fleet"]));
    for (section, schema, definitions) in [
        ("Clients", &table, ["Listener", "ListenerLimits", "ProxyProtocol"].as_slice()),
        ("Endpoints", &table, &["Cluster", "ClusterLimits", "Health", "Retry", "RetryBudget"]),
        ("The process", &table, &["Process", "ProcessLimits"]),
        ("The control server's stream", &table, &["Control", "ControlLimits"]),
        ("The control server", &server, &["Server", "ServerLimits"]),
        ("Quotas of a namespace", &fleet, &["Quotas"]),
    ] {
        let known = definitions.iter().flat_map(|name| limits(schema, name));
        let known: BTreeSet<_> = known
            .map(|(key, default)| (key, default.as_str().map_or(default.to_string(), str::to_owned)))
            .collect();
        let written = rows(&page, section).into_iter();
        let written: BTreeSet<_> = written
            .map(|[key, default, ..]| {
                (key.trim_matches('`').to_owned(), default.trim_matches('`').to_owned())
            })
            .collect();
        assert_eq!(written, known, "{section}");
    }
}

#[test]
fn what_counts_and_what_tests_them_is_there() {
    let page = fs::read_to_string(root().join("docs/limits.md")).expect("the page");
    let told = ["docs/metrics.md", "docs/explain.md", "docs/control-server.md", "docs/control-api.md"]
        .map(|path| fs::read_to_string(root().join(path)).unwrap());
    let mut code = String::new();
    for folder in ["cli/tests", "proxy/src", "control/src", "wire/src"] {
        read(&root().join(folder), &mut code);
    }
    let sections = [
        "Clients",
        "Endpoints",
        "The process",
        "The control server's stream",
        "The control server",
        "Quotas of a namespace",
    ];
    for [key, _, _, counters, tests] in sections.into_iter().flat_map(|section| rows(&page, section)) {
        for counter in quoted(counters) {
            assert!(told.iter().any(|page| page.contains(&format!("| `{counter}` |"))), "{key}: {counter}");
        }
        for test in quoted(tests) {
            assert!(code.contains(&format!("fn {test}(")), "{key}: {test}");
        }
    }
}

fn read(folder: &Path, code: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read(&path, code);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            code.push_str(&fs::read_to_string(&path).expect("a file"));
        }
    }
}
