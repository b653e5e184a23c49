use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::time::Duration;

use tokio_stream::StreamExt;

use super::*;
use crate::documents::DocumentName;
use crate::store::{Commit, Origin, Retention, Signature};

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

fn name(text: &str) -> DocumentName {
    DocumentName::parse(text).unwrap()
}

/// A store; its file has no name any more once this is back.
fn store() -> Store {
    Store::open(tempfile::tempdir().unwrap().path(), Retention::default()).unwrap()
}

fn open(path: &Path) -> Directory {
    Directory::open(path, Limits::default(), store()).unwrap()
}

fn change(written: &[(&str, Option<&str>)], seen: &Said) -> Write {
    let written = written.iter().map(|(path, text)| (name(path), text.map(Arc::from))).collect();
    let signature = Signature { who: "ann".into(), origin: Origin::Api, message: String::new() };
    Write { written, expected: Some(seen.documents.digest()), signature }
}

fn texts(said: &Said) -> Vec<(&str, &str)> {
    said.documents.iter().map(|(name, text)| (name.as_str(), &**text)).collect()
}

/// Waits until the source says what is wanted.
async fn until(changes: &mut Changes, what: &str, wanted: impl Fn(&Said) -> bool) -> Arc<Said> {
    let mut last = Arc::default();
    let wait = async {
        while let Some(said) = changes.next().await {
            last = said;
            if wanted(&last) {
                return;
            }
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), wait).await;
    waited.unwrap_or_else(|_| panic!("{what} does not come"));
    last
}

fn says(expected: &str) -> impl Fn(&Said) -> bool {
    move |said| {
        texts(said).iter().map(|(name, text)| format!("{name}={text} ")).collect::<String>() == expected
    }
}

#[test]
fn what_happens_in_the_directory_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("mesh");
    fs::create_dir(&root).unwrap();
    let source = open(&root);
    let mut changes = source.changes();
    block(async {
        fs::write(root.join("a.yaml"), "1").unwrap();
        until(&mut changes, "a file", says("a.yaml=1 ")).await;
        fs::create_dir_all(root.join("x/y")).unwrap();
        fs::write(root.join("x/y/b.yaml"), "2").unwrap();
        until(&mut changes, "one in new directories", says("a.yaml=1 x/y/b.yaml=2 ")).await;
        fs::write(root.join(".new"), "3").unwrap();
        fs::rename(root.join(".new"), root.join("a.yaml")).unwrap();
        until(&mut changes, "one that is renamed over another", says("a.yaml=3 x/y/b.yaml=2 ")).await;
        fs::write(root.join("x/y/b.yaml"), "4").unwrap();
        until(&mut changes, "one that is written in place", says("a.yaml=3 x/y/b.yaml=4 ")).await;
        fs::remove_dir_all(root.join("x")).unwrap();
        until(&mut changes, "one that goes", says("a.yaml=3 ")).await;
        fs::write(root.join("a.yaml"), b"\xff").unwrap();
        let said = until(&mut changes, "one that is no text", |said| !said.troubles.is_empty()).await;
        assert_eq!(texts(&said), [("a.yaml", "3")]);
        fs::write(root.join("a.yaml"), "5").unwrap();
        let said = until(&mut changes, "one that is text again", says("a.yaml=5 ")).await;
        assert_eq!(said.troubles, []);
    });
}

#[test]
fn a_directory_that_goes_and_comes_back_says_what_it_said_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let (root, away) = (folder.path().join("mesh"), folder.path().join("away"));
    fs::create_dir(&root).unwrap();
    fs::write(root.join("a.yaml"), "1").unwrap();
    let source = open(&root);
    let mut changes = source.changes();
    block(async {
        fs::rename(&root, &away).unwrap();
        let said = until(&mut changes, "trouble", |said| !said.troubles.is_empty()).await;
        assert_eq!(texts(&said), [("a.yaml", "1")]);
        let refused = source.write(change(&[("a.yaml", Some("2"))], &said)).await;
        assert!(matches!(refused, Err(WriteFault::Unreadable(_))), "{refused:?}");
        fs::write(away.join("a.yaml"), "2").unwrap();
        fs::rename(&away, &root).unwrap();
        let said = until(&mut changes, "the new text", says("a.yaml=2 ")).await;
        assert_eq!(said.troubles, []);
    });
    drop(source);
    // it is gone when the server starts: then what the server remembers stands in
    let documents = [(name("a.yaml"), "2".into())].into_iter().collect();
    let signature = Signature { who: "files".into(), origin: Origin::Directory, message: String::new() };
    let before = store();
    before.commit_blocking(Commit { expected: None, signature, documents }).unwrap();
    fs::rename(&root, &away).unwrap();
    assert!(Directory::open(&root, Limits::default(), store()).is_err());
    let source = Directory::open(&root, Limits::default(), before).unwrap();
    assert_eq!(texts(&source.said()), [("a.yaml", "2")]);
    assert_eq!(source.said().troubles.len(), 1);
    let mut changes = source.changes();
    fs::rename(&away, &root).unwrap();
    block(until(&mut changes, "the end of the trouble", |said| said.troubles.is_empty()));
}

#[test]
fn links_are_swapped_in_one_step() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    for (tree, text) in [("v1", "1"), ("v2", "2")] {
        fs::create_dir_all(at(tree).join("deep")).unwrap();
        fs::write(at(tree).join("deep/a.yaml"), text).unwrap();
    }
    // a checkout that is swapped, and a ConfigMap
    symlink("v1", at("current")).unwrap();
    fs::create_dir(at("map")).unwrap();
    fs::rename(at("v2"), at("map/..v2")).unwrap();
    fs::create_dir_all(at("map/..v1/deep")).unwrap();
    fs::write(at("map/..v1/deep/a.yaml"), "1").unwrap();
    symlink("..v1", at("map/..data")).unwrap();
    symlink("..data/deep", at("map/deep")).unwrap();
    let (checkout, map) = (open(&at("current")), open(&at("map")));
    let swap = |aim: &str, link: &str| {
        symlink(aim, at("swap")).unwrap();
        fs::rename(at("swap"), at(link)).unwrap();
    };
    block(async {
        let (mut checkouts, mut maps) = (checkout.changes(), map.changes());
        until(&mut checkouts, "the first checkout", says("deep/a.yaml=1 ")).await;
        until(&mut maps, "the first map", says("deep/a.yaml=1 ")).await;
        swap("map/..v2", "current");
        swap("..v2", "map/..data");
        until(&mut checkouts, "the second checkout", says("deep/a.yaml=2 ")).await;
        until(&mut maps, "the second map", says("deep/a.yaml=2 ")).await;
    });
}

#[test]
fn changes_are_written_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("a.yaml"), "1").unwrap();
    fs::write(root.join("real.yaml"), "2").unwrap();
    fs::write(root.join("gone.yaml"), "3").unwrap();
    symlink("real.yaml", root.join("link.yaml")).unwrap();
    fs::set_permissions(root.join("a.yaml"), fs::Permissions::from_mode(0o640)).unwrap();
    // what a server that was killed has left
    fs::write(root.join(".a.yaml.towpath"), "half").unwrap();
    let source = open(root);
    block(async {
        let written = [
            ("a.yaml", Some("one")),
            ("link.yaml", Some("two")),
            ("gone.yaml", None),
            ("new/b.yaml", Some("4")),
        ];
        let said = source.write(change(&written, &source.said())).await.unwrap();
        assert_eq!(
            texts(&said),
            [("a.yaml", "one"), ("link.yaml", "two"), ("new/b.yaml", "4"), ("real.yaml", "two")]
        );
        assert_eq!(source.said(), said);
    });
    assert_eq!(fs::read_to_string(root.join("new/b.yaml")).unwrap(), "4");
    assert!(root.join("link.yaml").is_symlink(), "what is linked was written, not the link");
    assert_eq!(fs::metadata(root.join("a.yaml")).unwrap().mode() & 0o7777, 0o640);
    let hidden = |entry: &fs::DirEntry| entry.file_name().as_encoded_bytes().starts_with(b".");
    assert_eq!(fs::read_dir(root).unwrap().filter(|entry| entry.as_ref().is_ok_and(hidden)).count(), 0);
}

#[test]
fn a_change_on_something_else_than_is_there_is_refused_whole() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("a.yaml"), "1").unwrap();
    fs::write(root.join("b.yaml"), "2").unwrap();
    let source = open(root);
    block(async {
        let seen = source.said();
        // an editor was faster, and nobody looked since
        fs::write(root.join("b.yaml"), "two").unwrap();
        let written = [("a.yaml", Some("one")), ("c.yaml", Some("3"))];
        let late = source.write(change(&written, &seen)).await;
        assert_eq!(late, Err(WriteFault::Conflict));
        assert_eq!(texts(&source.said()), [("a.yaml", "1"), ("b.yaml", "two")], "it knows better now");
        let seen = source.said();
        let large = "x".repeat(towpath_config::DOCUMENT_BYTES_MAX + 1);
        let large = source.write(change(&[("a.yaml", Some("one")), ("c.yaml", Some(&large))], &seen)).await;
        assert!(matches!(large, Err(WriteFault::TooLarge(_))), "{large:?}");
        // the second document's directory is a file: the first is not written either
        let torn =
            source.write(change(&[("a.yaml", Some("one")), ("b.yaml/c.yaml", Some("3"))], &seen)).await;
        assert!(matches!(torn, Err(WriteFault::Failed(_))), "{torn:?}");
        assert_eq!(fs::read_to_string(root.join("a.yaml")).unwrap(), "1");
        assert_eq!(fs::read_dir(root).unwrap().count(), 2);
        // all of it may go when somebody says so
        let said = source.write(change(&[("a.yaml", None), ("b.yaml", None)], &seen)).await.unwrap();
        assert_eq!((texts(&said), said.troubles.len()), (vec![], 0));
    });
}

#[test]
fn what_is_written_is_kept_first() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), "1").unwrap();
    let store = store();
    let source = Directory::open(folder.path(), Limits::default(), store.clone()).unwrap();
    block(async {
        source.write(change(&[("a.yaml", Some("2"))], &source.said())).await.unwrap();
        let latest = store.latest();
        assert_eq!((latest.number(), &latest.documents), (1, &source.said().documents));
        assert_eq!(latest.revision.as_ref().unwrap().who, "ann");
    });
}

#[test]
fn documents_are_not_written_outside() {
    let folder = tempfile::tempdir().unwrap();
    let (root, outside) = (folder.path().join("mesh"), folder.path().join("outside"));
    fs::create_dir(&root).unwrap();
    fs::create_dir(&outside).unwrap();
    symlink("../outside", root.join("x")).unwrap();
    let source = open(&root);
    let refused = block(source.write(change(&[("x/a.yaml", Some("1"))], &source.said())));
    assert!(matches!(refused, Err(WriteFault::Unreadable(_))), "{refused:?}");
    assert_eq!(fs::read_dir(outside).unwrap().count(), 0);
}

#[test]
fn a_directory_that_cannot_be_written_says_so() {
    // /sys can be written by nobody, root included
    let source = open(Path::new("/sys/kernel"));
    assert!(source.said().read_only.is_some());
    let refused = block(source.write(change(&[("a.yaml", Some("1"))], &source.said())));
    assert!(matches!(refused, Err(WriteFault::ReadOnly(_))), "{refused:?}");
}
