use super::*;

#[tokio::test(start_paused = true)]
async fn what_changes_together_is_written_once_and_seldom() {
    let folder = tempfile::tempdir().unwrap();
    let mut disk = Disk::new(Store::new(folder.path(), "shop", "p7"));
    let begun = Instant::now();
    for _ in 0..3 {
        disk.want();
    }
    assert!(matches!(disk.next().await, Turn::Due));
    assert_eq!(begun.elapsed(), PAUSE);
    disk.write(Base::default(), Kept::default());
    // a change while it is written is written afterwards
    disk.want();
    assert!(matches!(disk.next().await, Turn::Written(Ok(()))));
    assert!(disk.store().path().exists());
    assert!(matches!(disk.next().await, Turn::Due));
    assert!(begun.elapsed() >= 2 * PAUSE);
}

#[tokio::test]
async fn a_disk_that_does_not_take_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let mut disk = Disk::new(Store::new(&file, "shop", "p7"));
    disk.write(Base::default(), Kept::default());
    assert!(matches!(disk.next().await, Turn::Written(Err(_))));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_ends_writes_without_a_pause() {
    let folder = tempfile::tempdir().unwrap();
    let mut disk = Disk::new(Store::new(folder.path(), "shop", "p7"));
    let begun = Instant::now();
    assert!(disk.last().await.is_none(), "there is nothing to write");
    disk.write(Base::default(), Kept::default());
    disk.want();
    assert!(matches!(disk.last().await, Some(Turn::Written(Ok(())))));
    assert!(matches!(disk.last().await, Some(Turn::Due)));
    disk.write(Base::default(), Kept::default());
    assert!(matches!(disk.last().await, Some(Turn::Written(Ok(())))));
    assert!(disk.last().await.is_none() && begun.elapsed() < PAUSE);
}
