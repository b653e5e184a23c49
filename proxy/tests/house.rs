//! The rules of the house (`docs/architecture.md`), read from the code. Every rule is a function from files to offences
//! and has a row that shows that it bites.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "house/source.rs"]
mod source;

use std::collections::BTreeMap;
use std::fs;

use source::{Source, root, split_list};

const CRATES: [&str; 8] = [
    "config/src",
    "proxy/src",
    "wire/src",
    "control/src",
    "cli/src",
    "benches/src",
    "benches/benches",
    "loadtest/src",
];

/// The rooms of the proxy. Imports run from a lower rank to a higher one, never among equals.
const ROOMS: &[(&str, u8)] = &[
    ("boot", 0),
    ("worker", 1),
    ("reload", 1),
    ("resolve", 1),
    ("health", 1),
    ("overload", 1),
    ("admin", 1),
    ("downstream", 2),
    ("exchange", 3),
    ("forward", 4),
    ("local", 5),
    ("shared", 6),
    ("snapshot", 7),
    ("filter", 8),
    ("upstream", 8),
    ("route", 9),
    ("tls", 9),
    ("observe", 9),
    ("codec", 10),
    ("outcome", 11),
    ("sys", 11),
];

/// What ranks alone would allow.
const NEVER: &[(&str, &[&str])] = &[
    ("downstream", &["upstream"]),
    ("reload", &["downstream", "exchange", "forward", "local"]),
    ("resolve", &["downstream", "exchange", "forward", "local"]),
    ("health", &["downstream", "exchange", "forward", "local"]),
    ("overload", &["downstream", "exchange", "forward", "local"]),
    // explain asks the exchange's own judgement (docs/adr/0005-explain-judges-as-traffic-does.md)
    ("admin", &["downstream", "forward", "local"]),
];

/// Who may use what comes from outside: every other file goes through the owner.
const OWNERS: &[(&str, &[&str])] = &[
    ("httparse", &["proxy/src/codec/h1", "loadtest/src/message"]),
    (
        "h2",
        &[
            "proxy/src/codec/h2",
            "proxy/src/downstream/http2",
            "proxy/src/upstream/http2",
            "cli/src/demo/protocols",
            "loadtest/src",
        ],
    ),
    ("hmac_sha256", &["control/src/api/access/token"]),
    ("sha1_smol", &["proxy/src/codec/h1/websocket"]),
    (
        "flate2",
        &[
            "proxy/src/filter/transform/gzip",
            "proxy/src/filter/transform/encoder/tests",
            "proxy/src/filter/transform/compress/tests",
        ],
    ),
    ("brotli", &["proxy/src/filter/transform/brotli", "proxy/src/filter/transform/encoder/tests"]),
    ("zstd_safe", &["proxy/src/filter/transform/zstd", "proxy/src/filter/transform/encoder/tests"]),
    ("hyper", &["proxy/src/admin", "proxy/src/sys/client", "control/src/api/serve"]),
    ("hyper_util", &["proxy/src/admin", "proxy/src/sys/client", "control/src/api/serve"]),
    ("tokio_io_timeout", &["proxy/src/admin", "control/src/api/serve"]),
    ("http_body_util", &["proxy/src/admin", "proxy/src/sys/client"]),
    ("tower", &["proxy/src/admin", "control/src/api"]),
    ("axum", &["control/src/api"]),
    ("redb", &["control/src/store"]),
    ("tonic", &["proxy/src/reload/fleet", "control/src/push", "loadtest/src/fleet"]),
    ("tonic_prost", &["proxy/src/reload/fleet", "control/src/push", "loadtest/src/fleet"]),
    ("envoy_types", &["wire/src/message/tests", "loadtest/src/fleet"]),
    ("prost", &["wire/src", "loadtest/src/fleet"]),
    ("rustls", &["proxy/src/tls"]),
    ("socket2", &["proxy/src/sys/socket", "loadtest/src"]),
    (
        "rustix",
        &[
            "proxy/src/sys/affinity",
            "proxy/src/sys/processes",
            "proxy/src/sys/files",
            "proxy/src/observe/access_log/outlet",
            "proxy/src/sys/pipe",
            "proxy/src/sys/socket",
            "loadtest/src",
            "cli/src/top/screen",
            "control/src/boot/files",
        ],
    ),
    ("arc_swap", &["proxy/src/shared", "proxy/src/local", "proxy/src/tls/material"]),
    ("hdrhistogram", &["proxy/src/observe/latency", "loadtest/src/run/tally", "control/src/telemetry"]),
    ("opentelemetry", &["proxy/src/observe/trace"]),
    ("notify", &["proxy/src/reload", "control/src/source"]),
    ("hickory_resolver", &["proxy/src/resolve/query"]),
    ("regex_automata", &["config/src", "proxy/src/route"]),
    ("serde", &["config/src", "proxy/src/admin", "loadtest/src/run", "loadtest/src/fleet", "control/src"]),
    (
        "serde_json",
        &[
            "config/src",
            "proxy/src/admin",
            "proxy/src/observe/access_log/escape/tests",
            "cli/src",
            "loadtest/src/run",
            "loadtest/src/fleet",
            "control/src",
        ],
    ),
    ("serde_saphyr", &["config/src"]),
    ("granit_parser", &["config/src/source"]),
    ("annotate_snippets", &["config/src/fault"]),
    ("anyhow", &["cli/src"]),
    ("clap", &["cli/src", "loadtest/src"]),
    ("clap_complete", &["cli/src/command/print/completions"]),
    ("clap_mangen", &["cli/src/command/print/manual"]),
    ("tracing_subscriber", &["cli/src"]),
];

/// What a crate may not name: its arrows in the workspace, and the world it must not touch.
const APART: &[(&str, &[&str])] = &[
    (
        "config",
        &["tokio", "towpath_proxy", "towpath_cli", "TcpStream", "TcpListener", "UdpSocket", "UnixStream"],
    ),
    ("proxy", &["towpath_cli", "towpath_control"]),
    // state machines: no I/O, and no resource type
    (
        "wire",
        &[
            "tokio",
            "tonic",
            "towpath_config",
            "towpath_proxy",
            "towpath_cli",
            "towpath_control",
            "TcpStream",
            "TcpListener",
        ],
    ),
    ("control", &["towpath_cli", "towpath_proxy"]),
    // what measures the proxy knows nothing of it
    ("loadtest", &["towpath_config", "towpath_proxy", "towpath_cli", "towpath_control", "towpath_wire"]),
];

const FORBIDDEN: [&str; 12] = [
    "backend", "target", "node", "manager", "handler", "helper", "util", "common", "factory", "impl", "data",
    "info",
];

/// Where a forbidden word is the word of a standard: the request target of RFC 9112, the frame of RFC 9113 §6.1; or of a
/// trait that is not ours: tonic's `Connected`.
const STANDARD: &[(&str, &str)] = &[
    ("target", "proxy/src/codec"),
    ("data", "proxy/src/codec/h2/frames"),
    ("data", "proxy/src/codec/h2/guard"),
    ("info", "control/src/push/arrival"),
];

/// The files that may hold `unsafe` code.
const UNSAFE: &[&str] = &["proxy/src/sys/memory/heap.rs", "proxy/src/sys/processes/activation.rs"];

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const FIELDS_MAX: usize = 12;
const FOLDER_FILES_MAX: usize = 12;

/// Documents as they are written have as many fields as the language has keys.
const DOCUMENTS: [&str; 2] = ["config/src/document", "config/src/language"];

type Rule = fn(&[Source]) -> Vec<String>;

fn each(files: &[Source], rule: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    files.iter().flat_map(rule).collect()
}

fn room_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("proxy/src/")?;
    inside.split(['/', '.']).next().filter(|room| *room != "lib")
}

fn rank(room: &str) -> Option<u8> {
    ROOMS.iter().find(|(name, _)| *name == room).map(|(_, rank)| *rank)
}

fn imports_run_downwards(files: &[Source]) -> Vec<String> {
    each(files, |file| {
        let Some(room) = room_of(&file.path) else { return Vec::new() };
        let Some(own) = rank(room) else {
            return vec![file.offence(0, "a room that the table does not know")];
        };
        let named = file.named_behind("crate::").into_iter().filter(|(_, other)| other != room);
        named
            .filter_map(|(at, other)| match rank(&other) {
                None => {
                    Some(file.offence(at, &format!("`crate::{other}` is no room: lib.rs defines nothing")))
                }
                Some(theirs) if theirs <= own || is_never(room, &other) => {
                    Some(file.offence(at, &format!("{room} imports {other}")))
                }
                Some(_) => None,
            })
            .collect()
    })
}

fn is_never(room: &str, other: &str) -> bool {
    NEVER.iter().any(|(from, to)| *from == room && to.contains(&other))
}

/// `super::` names a sibling. What a parent defines is not for its children, unless they test it.
fn children_do_not_import_parents(files: &[Source]) -> Vec<String> {
    each(files, |file| {
        if file.is_tests() {
            return Vec::new();
        }
        let Some((folder, _)) = file.path.rsplit_once('/') else { return Vec::new() };
        let parent = files.iter().find(|other| other.path == format!("{folder}.rs"));
        let defined = parent.map(definitions).unwrap_or_default();
        let named = file.named_behind("super::").into_iter();
        named
            .filter(|(_, name)| name == "super" || name.is_empty() || defined.contains(name))
            .map(|(at, name)| file.offence(at, &format!("`super::{name}` is defined by the parent")))
            .collect()
    })
}

/// Names of what a file defines itself. A macro has to stand before its users, so it may stand in the parent.
fn definitions(file: &Source) -> Vec<String> {
    ["fn", "struct", "enum", "trait", "type", "const", "static", "union"]
        .iter()
        .flat_map(|keyword| file.words(keyword).map(|at| file.identifier(at + keyword.len()).to_owned()))
        .collect()
}

fn dependencies_have_owners(files: &[Source]) -> Vec<String> {
    each(files, |file| {
        let strangers =
            OWNERS.iter().filter(|(_, owners)| !owners.iter().any(|owner| file.path.starts_with(owner)));
        strangers
            .flat_map(|(name, owners)| {
                let prefix = format!("{name}::");
                let paths = file.code.match_indices(&prefix).map(|(at, _)| at).collect::<Vec<_>>();
                let free = move |at: &usize| {
                    let before = file.code[..*at].chars().next_back();
                    !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':')
                };
                let what = format!("{name} belongs to {}", owners.join(", "));
                paths.into_iter().filter(free).map(move |at| file.offence(at, &what)).collect::<Vec<_>>()
            })
            .collect()
    })
}

fn crates_keep_apart(files: &[Source]) -> Vec<String> {
    each(files, |file| {
        let rules = APART.iter().filter(|(name, _)| file.path.starts_with(&format!("{name}/src/")));
        rules
            .flat_map(|(name, words)| {
                let hits = words.iter().flat_map(|word| file.words(word).map(move |at| (at, word)));
                hits.map(|(at, word)| file.offence(at, &format!("{name} knows no {word}")))
                    .collect::<Vec<_>>()
            })
            .collect()
    })
}

fn files_are_short(files: &[Source]) -> Vec<String> {
    each(files, |file| {
        let end = file.code.find("#[cfg(test)]").unwrap_or(file.code.len());
        let lines = file.code[..end].lines().count();
        let long = !file.is_tests() && lines > FILE_LINES_MAX;
        if long {
            vec![file.offence(0, &format!("{lines} lines; at most {FILE_LINES_MAX}"))]
        } else {
            Vec::new()
        }
    })
}

fn functions_are_short(files: &[Source]) -> Vec<String> {
    each(files, |file| {
        let functions = file.words("fn").filter(|at| !file.identifier(at + 2).is_empty());
        functions
            .filter_map(|at| {
                let body = file.braces(at)?;
                let lines = file.line(body.end) - file.line(at) + 1;
                let name = file.identifier(at + 2);
                (lines > FUNCTION_LINES_MAX).then(|| {
                    file.offence(at, &format!("{name} has {lines} lines; at most {FUNCTION_LINES_MAX}"))
                })
            })
            .collect()
    })
}

fn structs_are_small(files: &[Source]) -> Vec<String> {
    each(files, |file| {
        if DOCUMENTS.iter().any(|folder| file.path.starts_with(folder)) {
            return Vec::new();
        }
        let structs = file.words("struct").filter(|at| !file.identifier(at + 6).is_empty());
        structs
            .filter_map(|at| {
                let fields = split_list(&file.code[file.braces(at)?]).len();
                let name = file.identifier(at + 6);
                (fields > FIELDS_MAX)
                    .then(|| file.offence(at, &format!("{name} has {fields} fields; at most {FIELDS_MAX}")))
            })
            .collect()
    })
}

fn folders_are_small(files: &[Source]) -> Vec<String> {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for (folder, _) in files.iter().filter_map(|file| file.path.rsplit_once('/')) {
        *folders.entry(folder).or_default() += 1;
    }
    // the root of the proxy holds one file for each room, and lib.rs
    let most = |folder: &str| if folder == "proxy/src" { ROOMS.len() + 1 } else { FOLDER_FILES_MAX };
    let large = folders.into_iter().filter(|(folder, count)| *count > most(folder));
    large.map(|(folder, count)| format!("{folder}:1: {count} files; at most {}", most(folder))).collect()
}

fn names_keep_to_the_lexicon(files: &[Source]) -> Vec<String> {
    let keywords = ["fn", "struct", "enum", "trait", "mod", "type", "const", "static", "let", "let mut"];
    each(files, |file| {
        let named = keywords.iter().flat_map(|keyword| {
            file.words(keyword).map(|at| (at, file.identifier(at + keyword.len()))).collect::<Vec<_>>()
        });
        named
            .filter_map(|(at, name)| {
                let words = words_of(name);
                let word = FORBIDDEN.iter().find(|word| words.iter().any(|part| part == *word))?;
                // the name that `std::ops::Deref` gives
                let deref = name == "Target" && file.code[at..].starts_with("type");
                let standard =
                    deref || STANDARD.iter().any(|(own, place)| own == word && file.path.starts_with(place));
                (!standard)
                    .then(|| file.offence(at, &format!("{name}: `{word}` is not a word of this house")))
            })
            .collect()
    })
}

/// The words of an identifier: `ReadHeader`, `read_header` and `READ_HEADER` have the same two.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for letter in name.chars() {
        if letter == '_' || (letter.is_uppercase() && lower) {
            words.push(String::new());
        }
        lower = letter.is_lowercase();
        if let (true, Some(word)) = (letter != '_', words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
    }
    // plurals are the same words
    words.iter().map(|word| word.strip_suffix('s').unwrap_or(word).to_owned()).collect()
}

fn unsafe_stands_in_named_files(files: &[Source]) -> Vec<String> {
    each(files, |file| {
        let hits = file.words("unsafe").filter(|_| !UNSAFE.contains(&file.path.as_str()));
        hits.map(|at| file.offence(at, "unsafe code outside the files named for it")).collect()
    })
}

fn roots_define_nothing(files: &[Source]) -> Vec<String> {
    each(files, |file| {
        if !file.path.ends_with("/lib.rs") {
            return Vec::new();
        }
        let kinds = ["fn", "struct", "enum", "trait", "impl", "type", "const", "static", "macro_rules"];
        let hits = kinds.iter().flat_map(|kind| file.words(kind).map(move |at| (at, kind)));
        hits.map(|(at, kind)| file.offence(at, &format!("lib.rs defines a {kind}"))).collect()
    })
}

fn modules_are_named_files(files: &[Source]) -> Vec<String> {
    each(files, |file| {
        let unnamed = file.path.ends_with("/mod.rs").then(|| file.offence(0, "a file named mod.rs"));
        let inline =
            file.code.find("mod tests {").map(|at| file.offence(at, "tests stand in a file of their own"));
        unnamed.into_iter().chain(inline).collect()
    })
}

/// Every rule, with a small file that breaks it.
const RULES: &[(Rule, &str, &str)] = &[
    (imports_run_downwards, "proxy/src/route/index.rs", "use crate::snapshot::Snapshot;"),
    (imports_run_downwards, "proxy/src/route/index.rs", "use crate::{codec::body::Framing, exchange};"),
    (imports_run_downwards, "proxy/src/downstream/http1.rs", "use crate::upstream::pool::Pool;"),
    (imports_run_downwards, "proxy/src/upstream/pool.rs", "fn f() { crate::downstream::f(); }"),
    (imports_run_downwards, "proxy/src/filter/chain.rs", "use crate::upstream::cluster::State;"),
    (imports_run_downwards, "proxy/src/filter/chain.rs", "use crate::shared::Shared;"),
    (imports_run_downwards, "proxy/src/observe/stats.rs", "use crate::route::index::Index;"),
    (imports_run_downwards, "proxy/src/admin/serve.rs", "use crate::local::Local;"),
    (imports_run_downwards, "proxy/src/codec/body.rs", "use crate::Thing;"),
    (imports_run_downwards, "proxy/src/extra.rs", "use crate::codec::Thing;"),
    (children_do_not_import_parents, "proxy/src/codec/body.rs", "use super::super::outcome::Reason;"),
    (children_do_not_import_parents, "proxy/src/codec/body.rs", "use super::*;"),
    (dependencies_have_owners, "proxy/src/exchange/serve.rs", "use httparse::Request;"),
    (
        dependencies_have_owners,
        "proxy/src/exchange.rs",
        "fn f() { let _ = regex_automata::meta::Regex::new(\"\"); }",
    ),
    (crates_keep_apart, "config/src/source.rs", "use tokio::fs;"),
    (crates_keep_apart, "config/src/source.rs", "use std::net::TcpStream;"),
    (crates_keep_apart, "config/src/lib.rs", "use towpath_proxy::boot;"),
    (names_keep_to_the_lexicon, "proxy/src/route.rs", "struct NodeList;"),
    (names_keep_to_the_lexicon, "proxy/src/route.rs", "fn f() { let mut request_data = 1; }"),
    (names_keep_to_the_lexicon, "proxy/src/route.rs", "mod utils;"),
    (names_keep_to_the_lexicon, "proxy/src/route.rs", "const TARGET_MAX: u8 = 1;"),
    (unsafe_stands_in_named_files, "proxy/src/sys.rs", "fn f() { unsafe { g() } }"),
    (roots_define_nothing, "proxy/src/lib.rs", "pub mod boot;\npub fn run() {}"),
    (modules_are_named_files, "proxy/src/codec/mod.rs", ""),
    (modules_are_named_files, "proxy/src/codec.rs", "#[cfg(test)]\nmod tests { }"),
];

#[test]
fn every_rule_bites() {
    for (rule, path, text) in RULES {
        let found = rule(&[Source::new(path, text)]);
        assert_eq!(found.len(), 1, "{path}: {text}: {found:?}");
        assert!(found[0].starts_with(&format!("{path}:")), "{found:?}");
    }
}

#[test]
fn sizes_bite() {
    let file = |text: &str| [Source::new("proxy/src/codec/a.rs", text)];
    assert_eq!(files_are_short(&file(&"\n".repeat(501))).len(), 1);
    assert_eq!(files_are_short(&file(&"\n".repeat(500))).len(), 0);
    let function = |lines: usize| format!("fn f() {{{}}}", "\n".repeat(lines));
    assert_eq!(functions_are_short(&file(&function(70))).len(), 1);
    assert_eq!(functions_are_short(&file(&function(69))).len(), 0);
    let fields = |count: usize| format!("struct A<T> {{ {} }}", "a: Map<u8, (u8, T)>, ".repeat(count));
    assert_eq!(structs_are_small(&file(&fields(13))).len(), 1);
    assert_eq!(structs_are_small(&file(&fields(12))).len(), 0);
    let folder: Vec<_> = (0..13).map(|number| Source::new(&format!("cli/src/a/f{number}.rs"), "")).collect();
    assert_eq!(folders_are_small(&folder).len(), 1);
    assert_eq!(folders_are_small(&folder[1..]).len(), 0);
}

#[test]
fn a_child_may_name_siblings_and_tests_may_name_parents() {
    let parent = Source::new("proxy/src/codec.rs", "mod a;\npub struct Own;\npub use a::Shared;");
    let child =
        |path: &str, text: &str| [Source::new(path, text), Source::new(&parent.path, "pub struct Own;")];
    assert_eq!(children_do_not_import_parents(&child("proxy/src/codec/b.rs", "use super::Own;")).len(), 1);
    assert_eq!(
        children_do_not_import_parents(&child("proxy/src/codec/b.rs", "use super::{a::X, Own};")).len(),
        1
    );
    assert_eq!(children_do_not_import_parents(&child("proxy/src/codec/b.rs", "use super::a::X;")).len(), 0);
    assert_eq!(
        children_do_not_import_parents(&child("proxy/src/codec/tests.rs", "use super::Own;")).len(),
        0
    );
}

#[test]
fn comments_and_literals_are_no_code() {
    let text = "// unsafe\n/* unsafe */ let a = \"unsafe\\\"unsafe\"; let b = r#\"unsafe\"#; let c = 'u'; let d = b'\\'';";
    assert_eq!(unsafe_stands_in_named_files(&[Source::new("proxy/src/a.rs", text)]), Vec::<String>::new());
    let lifetime = Source::new("proxy/src/a.rs", "fn f<'a>(x: &'a str) { unsafe { } }");
    assert_eq!(unsafe_stands_in_named_files(&[lifetime]).len(), 1);
}

fn hold(rules: &[Rule]) {
    let files = Source::below(&CRATES);
    assert!(files.len() > 30, "the code is found");
    let offences: Vec<_> = rules.iter().flat_map(|rule| rule(&files)).collect();
    assert!(offences.is_empty(), "{} offences:\n{}", offences.len(), offences.join("\n"));
}

#[test]
fn imports_hold() {
    hold(&[imports_run_downwards, children_do_not_import_parents, crates_keep_apart]);
}

#[test]
fn owners_hold() {
    hold(&[dependencies_have_owners]);
}

#[test]
fn sizes_hold() {
    hold(&[files_are_short, functions_are_short, structs_are_small, folders_are_small]);
}

#[test]
fn names_hold() {
    hold(&[names_keep_to_the_lexicon]);
}

#[test]
fn places_hold() {
    hold(&[unsafe_stands_in_named_files, roots_define_nothing, modules_are_named_files]);
}

/// Crate arrows (`docs/architecture.md`), as the manifests have them.
#[test]
fn arrows_hold() {
    let rows: [(&str, &[&str]); 4] = [
        ("config", &["towpath-", "tokio", "hyper", "socket2", "rustls", "httparse"]),
        ("proxy", &["towpath-cli", "towpath-control", "anyhow", "clap", "tracing-subscriber"]),
        ("cli", &["hyper", "httparse", "arc-swap"]),
        ("benches", &["towpath-cli", "towpath-control", "tokio", "hyper", "socket2"]),
    ];
    for (name, forbidden) in rows {
        let manifest =
            fs::read_to_string(root().join(name).join("Cargo.toml")).expect("every crate has a manifest");
        let (_, dependencies) = manifest.split_once("[dependencies]").expect("a list of dependencies");
        let lines = dependencies.lines().take_while(|line| !line.starts_with('['));
        let bad: Vec<_> =
            lines.filter(|line| forbidden.iter().any(|start| line.starts_with(start))).collect();
        assert!(bad.is_empty(), "{name}/Cargo.toml: {bad:?}");
    }
}
