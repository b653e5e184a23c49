use notify::event::{CreateKind, DataChange, ModifyKind, RemoveKind, RenameMode};

use super::*;

#[test]
fn reading_is_no_change() {
    let table = [
        (EventKind::Access(AccessKind::Open(AccessMode::Any)), false),
        (EventKind::Access(AccessKind::Read), false),
        (EventKind::Access(AccessKind::Close(AccessMode::Read)), false),
        (EventKind::Access(AccessKind::Close(AccessMode::Write)), true),
        (EventKind::Create(CreateKind::File), true),
        (EventKind::Modify(ModifyKind::Data(DataChange::Any)), true),
        (EventKind::Modify(ModifyKind::Name(RenameMode::To)), true),
        (EventKind::Remove(RemoveKind::File), true),
        (EventKind::Any, true),
    ];
    for (kind, change) in table {
        assert_eq!(is_change(&Event::new(kind), &[]), change, "{kind:?}");
    }
}

#[test]
fn what_stands_beside_the_file_is_no_change() {
    let way = ["/mount/table.yaml", "/mount/..data", "/mount/..v1/table.yaml"].map(PathBuf::from);
    let table: [(&[&str], bool); 7] = [
        (&["/mount/table.yaml"], true),
        (&["/mount/..data_tmp", "/mount/..data"], true),
        (&["/mount/..v1/table.yaml"], true),
        (&["/mount/..v1"], true),
        (&["/mount/access.log"], false),
        (&["/mount/table.yaml~", "/mount/.table.yaml.swp"], false),
        (&[], true),
    ];
    for (paths, change) in table {
        let event = Event { paths: paths.iter().map(PathBuf::from).collect(), ..Event::new(EventKind::Any) };
        assert_eq!(is_change(&event, &way), change, "{paths:?}");
    }
}

#[tokio::test]
async fn the_directories_of_a_link_and_of_its_file_are_watched() {
    let (links, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = files.path().join("table.yaml");
    std::fs::write(&file, "").unwrap();
    let link = links.path().join("link.yaml");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let mut watch = Watch::new(&link);
    assert_eq!(watch.watched, [links.path(), files.path()]);
    std::fs::remove_file(&link).unwrap();
    std::fs::write(&link, "").unwrap();
    watch.resolve();
    assert_eq!(watch.watched, [links.path()]);
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_cannot_be_watched_is_polled() {
    let mut watch = Watch::new(Path::new("/nonexistent/table.yaml"));
    assert!(watch.watched.is_empty());
    let before = Instant::now();
    watch.changed().await;
    assert_eq!(before.elapsed(), POLL);
}
