use std::os::unix::fs::symlink;

use super::*;

/// Makes files in a directory: a text, a link (`-> aim`), or a directory (`/`).
fn tree(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match text.strip_prefix("-> ") {
            Some(aim) => symlink(aim, path).unwrap(),
            None if *text == "/" => fs::create_dir_all(path).unwrap(),
            None => fs::write(path, text).unwrap(),
        }
    }
}

fn texts(scan: &Scan) -> Vec<(&str, &str)> {
    scan.found.iter().map(|(name, found)| (name.as_str(), &*found.text)).collect()
}

fn places(scan: &Scan) -> Vec<&str> {
    let mut places: Vec<_> = scan.troubles.iter().map(|trouble| trouble.place.as_str()).collect();
    places.sort_unstable();
    places
}

#[test]
fn yaml_files_are_found_wherever_they_stand() {
    type Row<'r> = (&'r str, &'r [(&'r str, &'r str)], &'r [(&'r str, &'r str)], &'r [&'r str]);
    let rows: &[Row<'_>] = &[
        ("nothing", &[], &[], &[]),
        (
            "two ends, any depth",
            &[("a.yaml", "1"), ("b.yml", "2"), ("x/y/c.yaml", "3"), ("README.md", "#"), ("d.json", "{}")],
            &[("a.yaml", "1"), ("b.yml", "2"), ("x/y/c.yaml", "3")],
            &[],
        ),
        (
            "what editors leave",
            &[
                ("a.yaml", "1"),
                (".a.yaml.swp", "x"),
                ("a.yaml~", "x"),
                ("4913", ""),
                (".#a.yaml", "-> ann@host.17"),
            ],
            &[("a.yaml", "1")],
            &[],
        ),
        (
            "a ConfigMap",
            &[
                ("..2026_11_21/a.yaml", "1"),
                ("..2026_11_21/x/b.yaml", "2"),
                ("..data", "-> ..2026_11_21"),
                ("a.yaml", "-> ..data/a.yaml"),
                ("x", "-> ..data/x"),
            ],
            &[("a.yaml", "1"), ("x/b.yaml", "2")],
            &[],
        ),
        (
            "links that lead out, nowhere, or round",
            &[
                ("a.yaml", "-> /etc/hostname"),
                ("b.yaml", "-> nowhere"),
                ("c.yaml", "-> c.yaml"),
                ("out", "-> /etc"),
                ("in/round", "-> .."),
                ("in/d.yaml", "4"),
                ("log", "-> /etc/hostname"),
            ],
            &[("in/d.yaml", "4")],
            &["a.yaml", "b.yaml", "c.yaml", "in/round", "out"],
        ),
        ("a directory of that name", &[("a.yaml/b.yaml", "1")], &[("a.yaml/b.yaml", "1")], &[]),
        ("no text", &[("a.yaml", "1"), ("new\nline.yaml", "x")], &[("a.yaml", "1")], &["new?line.yaml"]),
    ];
    for (name, files, expected, troubles) in rows {
        let folder = tempfile::tempdir().unwrap();
        tree(folder.path(), files);
        let scan = scan(folder.path(), Limits::default(), &Scan::default()).unwrap();
        assert_eq!(texts(&scan), *expected, "{name}");
        assert_eq!(places(&scan), *troubles, "{name}: {:?}", scan.troubles);
    }
}

#[test]
fn what_cannot_be_read_is_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    tree(root, &[("a.yaml", "1"), ("b.yaml", "2"), ("x/c.yaml", "3"), ("x/d.yaml", "4")]);
    let first = scan(root, Limits::default(), &Scan::default()).unwrap();
    // a directory in which it stands, in place of `x`; a file that is no text; a file that is gone
    fs::rename(root.join("x"), root.join(".x")).unwrap();
    symlink(".", root.join("x")).unwrap();
    fs::write(root.join("a.yaml"), b"fine\n\xff").unwrap();
    fs::remove_file(root.join("b.yaml")).unwrap();
    let second = scan(root, Limits::default(), &first).unwrap();
    assert_eq!(texts(&second), [("a.yaml", "1"), ("x/c.yaml", "3"), ("x/d.yaml", "4")]);
    assert_eq!(places(&second), ["a.yaml", "x"]);
    assert_eq!(second.troubles[0].to_string(), "a.yaml: line 2 is not UTF-8 text");
    assert!(second.found.values().all(|found| found.file.is_none()));
    fs::remove_file(root.join("x")).unwrap();
    fs::rename(root.join(".x"), root.join("x")).unwrap();
    fs::write(root.join("a.yaml"), "one").unwrap();
    let third = scan(root, Limits::default(), &second).unwrap();
    assert_eq!(texts(&third), [("a.yaml", "one"), ("x/c.yaml", "3"), ("x/d.yaml", "4")]);
    assert_eq!(third.troubles, []);
}

#[test]
fn a_directory_that_is_gone_empty_or_too_large_says_nothing_new() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("mesh");
    tree(&root, &[("a.yaml", "1"), ("b.yaml", "22")]);
    let first = scan(&root, Limits::default(), &Scan::default()).unwrap();
    let row = |limits: Limits, expected: &str| {
        let fault = scan(&root, limits, &first).unwrap_err();
        assert!(fault.contains(expected), "{fault}");
    };
    row(Limits { documents: 1, ..Limits::default() }, "more than 1 documents");
    row(Limits { bytes: 2, ..Limits::default() }, "more than 2 octets");
    assert!(scan(&root, Limits { documents: 2, bytes: 3 }, &first).is_ok());
    fs::remove_file(root.join("a.yaml")).unwrap();
    fs::remove_file(root.join("b.yaml")).unwrap();
    row(Limits::default(), "no documents any more");
    fs::remove_dir(&root).unwrap();
    row(Limits::default(), "cannot be read");
    fs::write(&root, "").unwrap();
    row(Limits::default(), "cannot be read");
}

#[test]
fn directories_are_so_deep() {
    let folder = tempfile::tempdir().unwrap();
    let deep = "d/".repeat(DEPTH_MAX);
    tree(folder.path(), &[(&format!("{deep}a.yaml"), "1"), ("d/b.yaml", "2")]);
    let scan = scan(folder.path(), Limits::default(), &Scan::default()).unwrap();
    assert_eq!(texts(&scan), [("d/b.yaml", "2")]);
    assert_eq!(scan.troubles.len(), 1);
}

#[test]
fn a_file_that_was_left_alone_is_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    tree(folder.path(), &[("a.yaml", "1")]);
    let root = folder.path().canonicalize().unwrap();
    let metadata = fs::metadata(root.join("a.yaml")).unwrap();
    let stamp = Stamp::of(&metadata);
    let now = SystemTime::now();
    assert!(!stamp.is_old(now), "it is new");
    assert!(stamp.is_old(now + Duration::from_secs(60)));
    assert!(!stamp.is_old(now - Duration::from_secs(600)), "a clock that went back proves nothing");
    for (settled, expected) in [(true, "known"), (false, "1")] {
        let known = Found { text: "known".into(), file: Some((root.join("a.yaml"), stamp)), settled };
        let name = DocumentName::parse("a.yaml").unwrap();
        let before = Scan { found: [(name, known)].into(), ..Scan::default() };
        let scan = scan(&root, Limits::default(), &before).unwrap();
        assert_eq!(texts(&scan), [("a.yaml", expected)]);
    }
}
