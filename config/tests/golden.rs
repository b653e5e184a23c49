//! Every fixture says what it should: beside a good table stand its warnings and its long form, beside a bad one its
//! faults.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use towpath_config::parts::{Part, cut};
use towpath_config::{Source, compile, long_yaml};

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut list: Vec<_> =
        std::fs::read_dir(folder).expect("the fixtures").map(|entry| entry.expect("a file").path()).collect();
    list.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    list.sort();
    list
}

fn environment(name: &str) -> Option<String> {
    (name == "PORT").then(|| "3001".to_owned())
}

/// Compares with the text beside the fixture. With `UPDATE_GOLDEN=1` in the environment it is written instead.
fn golden(path: &Path, found: &str) -> Result<(), String> {
    let beside = path.with_extension("out");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&beside, found).expect("a writable tree");
    }
    let expected = std::fs::read_to_string(&beside).unwrap_or_default();
    if expected == found {
        Ok(())
    } else {
        Err(format!("{}:\n{found}\n--- expected:\n{expected}", path.display()))
    }
}

fn source(path: &Path) -> Source {
    let name = path.file_name().expect("a name").to_string_lossy();
    Source::new(name.as_ref(), std::fs::read_to_string(path).expect("a fixture"))
}

#[test]
fn good_tables_compile() {
    let wrong: Vec<String> = fixtures("tests/good")
        .iter()
        .filter_map(|path| {
            let found = match compile(&source(path), &environment) {
                Ok(compiled) => format!("{}{}", compiled.warnings(), long_yaml(compiled.config())),
                Err(faults) => return Some(format!("{}:\n{faults}", path.display())),
            };
            golden(path, &found).err()
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn bad_tables_say_all_that_is_wrong() {
    let wrong: Vec<String> = fixtures("tests/bad")
        .iter()
        .filter_map(|path| match compile(&source(path), &environment) {
            Ok(_) => Some(format!("{} compiles", path.display())),
            Err(faults) => golden(path, &faults.to_string()).err(),
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn documents_of_a_fleet_are_cut() {
    let wrong: Vec<String> = fixtures("tests/fleet/good")
        .iter()
        .filter_map(|path| {
            let cut = cut(&source(path)).unwrap_or_else(|faults| panic!("{faults}"));
            let line = |part: &Part| format!("{} {}\n", part.name(), part.text());
            let parts: String = cut.content().parts().iter().map(line).collect();
            golden(path, &format!("{}\n{parts}{:#?}\n", cut.namespace(), cut.rules())).err()
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn bad_documents_of_a_fleet_say_all_that_is_wrong() {
    let wrong: Vec<String> = fixtures("tests/fleet/bad")
        .iter()
        .filter_map(|path| match cut(&source(path)) {
            Ok(_) => Some(format!("{} is cut", path.display())),
            Err(faults) => golden(path, &faults.to_string()).err(),
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn examples_compile_without_a_word() {
    let examples = fixtures("examples");
    assert!(examples.len() >= 15, "an example is missing");
    for path in examples {
        let compiled = compile(&source(&path), &|_| None).unwrap_or_else(|faults| panic!("{faults}"));
        assert!(compiled.warnings().is_empty(), "{}", compiled.warnings());
    }
}
