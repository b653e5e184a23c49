use super::*;

fn planned(place: &str, beside: Option<&str>, before: Option<&str>) -> Move {
    Move { place: place.into(), beside: beside.map(PathBuf::from), before: before.map(digest_of) }
}

/// What a directory with these files comes to once it is finished; hidden files too.
fn finished(files: &[(&str, &str)], moves: &[Move]) -> (usize, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().canonicalize().unwrap().join("top");
    fs::create_dir_all(top.join("x")).unwrap();
    for (name, text) in files {
        fs::write(top.join(name), text).unwrap();
    }
    begin(&top, moves).unwrap();
    let moved = finish(&top).unwrap();
    assert_eq!(finish(&top).unwrap(), 0, "once is enough");
    let mut left = Vec::new();
    for directory in [top.join("x"), top.join(".."), top.clone()] {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            if entry.path().is_file() {
                let name = entry.file_name().into_string().unwrap();
                left.push(format!("{name}={}", fs::read_to_string(entry.path()).unwrap()));
            }
        }
    }
    left.sort();
    (moved, left)
}

#[test]
fn what_was_begun_is_finished() {
    let moves = [
        planned("a.yaml", Some(".a.yaml.towpath"), Some("1")),
        planned("x/b.yaml", Some("x/.b.yaml.towpath"), None),
        planned("c.yaml", None, Some("3")),
    ];
    type Row<'r> = (&'r str, &'r [(&'r str, &'r str)], usize, &'r [&'r str]);
    let rows: [Row<'_>; 5] = [
        (
            "nothing moved yet",
            &[("a.yaml", "1"), (".a.yaml.towpath", "one"), ("x/.b.yaml.towpath", "two"), ("c.yaml", "3")],
            3,
            &["a.yaml=one", "b.yaml=two"],
        ),
        (
            "the first is there",
            &[("a.yaml", "one"), ("x/.b.yaml.towpath", "two"), ("c.yaml", "3")],
            2,
            &["a.yaml=one", "b.yaml=two"],
        ),
        ("all are there", &[("a.yaml", "one"), ("x/b.yaml", "two")], 0, &["a.yaml=one", "b.yaml=two"]),
        (
            "somebody was here",
            &[
                ("a.yaml", "mine"),
                (".a.yaml.towpath", "one"),
                ("x/b.yaml", "mine"),
                ("x/.b.yaml.towpath", "two"),
            ],
            0,
            &["a.yaml=mine", "b.yaml=mine"],
        ),
        (
            "what should be moved is lost",
            &[("a.yaml", "1"), ("c.yaml", "other")],
            0,
            &["a.yaml=1", "c.yaml=other"],
        ),
    ];
    for (name, files, moved, left) in rows {
        assert_eq!(
            finished(files, &moves),
            (moved, left.iter().map(ToString::to_string).collect()),
            "{name}"
        );
    }
}

#[test]
fn nothing_outside_is_touched() {
    let moves = [
        planned("../a.yaml", Some("../.a.yaml.towpath"), None),
        planned("x/a.yaml", Some("b.yaml"), None),
        planned("/a.yaml", None, Some("1")),
    ];
    let (moved, left) = finished(&[("../.a.yaml.towpath", "1"), ("b.yaml", "2")], &moves);
    assert_eq!((moved, left.len()), (0, 2), "{left:?}");
}

#[test]
fn what_is_no_journal_is_none() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(NAME), "not ours").unwrap();
    assert_eq!(finish(folder.path()).unwrap(), 0);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
