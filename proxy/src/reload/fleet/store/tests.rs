use std::os::unix::fs::PermissionsExt;

use towpath_config::{Source, compile};

use super::*;

fn part(section: Section, name: &str, text: &str) -> Part {
    Part::new(PartName::new(section, name).expect("a name"), text).expect("a part")
}

fn kept() -> Kept {
    Kept {
        parts: vec![
            part(Section::Settings, "settings", r#"{"defaults":{"timeout":"7s"}}"#),
            part(Section::Listener, "web", r#"{"address":"127.0.0.1:0"}"#),
            part(Section::Route, "all", r#"{"to":"app"}"#),
            part(Section::Cluster, "app", "{}"),
            part(Section::Endpoints, "app", r#"["127.0.0.1:1"]"#),
        ],
        hosts: vec![("a.test".into(), r#"{"routes":["shop/all"],"clusters":["shop/app"]}"#.into())],
        confirmed: 1_700_000_000,
    }
}

#[test]
fn what_is_written_is_read_and_is_a_route_table() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(&folder.path().join("a/b"), "shop", "p7");
    assert_eq!(store.read().map(|kept| kept.is_none()), Ok(true));
    let kept = kept();
    for _ in 0..2 {
        store.write(&Base::namespace("shop"), &kept).unwrap();
    }
    let read = store.read().unwrap().expect("it is there");
    assert_eq!((&read.parts, &read.hosts, read.confirmed), (&kept.parts, &kept.hosts, kept.confirmed));
    let text = std::fs::read_to_string(store.path()).unwrap();
    let compiled = compile(&Source::new(FILE, text), &|_| None).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(compiled.config().routes().len(), 1);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&store.path()), mode(store.path().parent().unwrap())), (0o600, 0o700));
    assert!(!store.path().with_file_name(DRAFT).exists());
}

#[test]
fn what_is_torn_edited_or_another_ones_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), "shop", "p7");
    store.write(&Base::namespace("shop"), &kept()).unwrap();
    let whole = std::fs::read_to_string(store.path()).unwrap();
    for length in 0..whole.len() {
        assert!(store.kept(&whole[..length]).is_err(), "{length}");
    }
    assert!(store.kept(&whole.replace("127.0.0.1:1", "127.0.0.1:2")).is_err());
    assert!(store.kept("listeners: {}\n").unwrap_err().contains("version"));
    for (namespace, id) in [("shop", "p8"), ("pay", "p7")] {
        let fault = Store::new(folder.path(), namespace, id).read().unwrap_err();
        assert!(fault.contains("shop/p7"), "{fault}");
    }
    std::fs::remove_file(store.path()).unwrap();
    std::fs::create_dir(store.path()).unwrap();
    assert!(store.read().unwrap_err().contains("no file"));
    assert!(store.write(&Base::default(), &kept()).is_err());
    assert!(!store.path().with_file_name(DRAFT).exists(), "the disk gets its room back");
}
