use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;
use towpath_config::model::Config;

use super::*;
use crate::reload::Halt;
use crate::reload::reloader::tests::{GOOD, live, process, table};
use crate::shared::Shared;

/// Long enough for the slow poll, so that only a change that is never seen fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A process that watches its file, and is told each cluster name that goes live.
struct Case {
    directory: TempDir,
    path: PathBuf,
    shared: Arc<Shared>,
    requester: Requester,
    published: UnboundedReceiver<String>,
}

impl Case {
    async fn next(&mut self) -> String {
        timeout(PATIENCE, self.published.recv()).await.expect("a table must go live").unwrap()
    }
}

fn telling(published: UnboundedSender<String>) -> impl FnMut(&Config, &mut dyn FnMut()) -> Result<(), Halt> {
    move |config, publish| {
        publish();
        published.send(config.clusters()[0].name().clone()).map_err(|error| Halt::Rest(error.to_string()))
    }
}

/// Lays out the files, runs the process, and then the test beside it.
async fn with_process<T: Future<Output = ()>>(
    lay: impl FnOnce(&Path) -> PathBuf,
    test: impl FnOnce(Case) -> T,
) {
    let directory = tempfile::tempdir().unwrap();
    let path = lay(directory.path());
    let (shared, mut reloader) = process(&path);
    let (requester, requests) = requests();
    let (sender, receiver) = unbounded_channel();
    let case = Case { directory, path, shared, requester, published: receiver };
    let (mut go_live, notifier) = (telling(sender), Notifier::default());
    // an answer shows that the watch has begun
    let ready = async {
        assert_eq!(case.requester.ask().await, Some(Verdict::Unchanged));
        test(case).await;
    };
    tokio::select! {
        ended = run(&mut reloader, requests, &mut go_live, &notifier) => panic!("reloading ended: {ended:?}"),
        () = ready => {}
    }
}

fn plain(directory: &Path) -> PathBuf {
    let path = directory.join("table.yaml");
    fs::write(&path, GOOD).unwrap();
    path
}

#[tokio::test]
async fn an_editor_that_renames_is_seen() {
    with_process(plain, |mut case| async move {
        for name in ["one", "two", "three"] {
            let draft = case.directory.path().join(".table.yaml.swp");
            fs::write(&draft, table(name)).unwrap();
            fs::rename(&draft, &case.path).unwrap();
            assert_eq!(case.next().await, name);
            assert_eq!(live(&case.shared), name);
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_written_over_is_seen() {
    with_process(plain, |mut case| async move {
        for name in ["one", "two"] {
            fs::write(&case.path, table(name)).unwrap();
            assert_eq!(case.next().await, name);
        }
    })
    .await;
}

/// What a kubelet lays out: `table.yaml` → `..data/table.yaml`, `..data` → a directory of one version.
fn mounted(directory: &Path) -> PathBuf {
    swap(directory, "v1", GOOD);
    symlink("..data/table.yaml", directory.join("table.yaml")).unwrap();
    directory.join("table.yaml")
}

fn swap(directory: &Path, version: &str, text: &str) {
    fs::create_dir(directory.join(version)).unwrap();
    fs::write(directory.join(version).join("table.yaml"), text).unwrap();
    symlink(version, directory.join("..data_tmp")).unwrap();
    fs::rename(directory.join("..data_tmp"), directory.join("..data")).unwrap();
}

#[tokio::test]
async fn a_config_map_that_is_swapped_is_seen() {
    with_process(mounted, |mut case| async move {
        let directory = case.directory.path().to_owned();
        for (old, version, name) in [("v1", "v2", "one"), ("v2", "v3", "two"), ("v3", "v4", "three")] {
            swap(&directory, version, &table(name));
            fs::remove_dir_all(directory.join(old)).unwrap();
            assert_eq!(case.next().await, name);
        }
    })
    .await;
}

#[tokio::test]
async fn a_link_to_a_file_elsewhere_is_followed() {
    let elsewhere = tempfile::tempdir().unwrap();
    let original = plain(elsewhere.path());
    let link = |directory: &Path| {
        let path = directory.join("link.yaml");
        symlink(&original, &path).unwrap();
        path
    };
    with_process(link, |mut case| async {
        fs::write(&original, table("one")).unwrap();
        assert_eq!(case.next().await, "one");
        drop(case);
    })
    .await;
}

#[tokio::test]
async fn a_bad_file_and_then_a_good_one() {
    with_process(plain, |mut case| async move {
        fs::write(&case.path, "routes: {all: {to: nowhere}}\n").unwrap();
        assert!(matches!(case.requester.ask().await, Some(Verdict::Rejected { .. })));
        assert_eq!(live(&case.shared), "app");
        assert!(case.shared.rejection().is_some());
        fs::write(&case.path, table("good")).unwrap();
        assert_eq!(case.next().await, "good");
        assert!(case.shared.rejection().is_none());
    })
    .await;
}

#[tokio::test]
async fn whoever_asks_gets_the_verdict() {
    with_process(plain, |mut case| async move {
        fs::write(&case.path, table("one")).unwrap();
        let verdict = case.requester.ask().await;
        // the watch may have been first
        assert!(
            matches!(verdict, Some(Verdict::Published { generation: 2 } | Verdict::Unchanged)),
            "{verdict:?}"
        );
        assert_eq!(case.next().await, "one");
    })
    .await;
}
