use std::fs;

use tempfile::TempDir;

use super::*;
use crate::observe::series::SeriesBook;
use crate::reload::Unbound;

pub(in crate::reload) const GOOD: &str = "\
listeners: {web: {address: 127.0.0.1:0}}
routes:
  all: {to: app}
clusters:
  app: {endpoints: [127.0.0.1:3000]}
";

/// A good table that sends everything to a cluster of this name.
pub(in crate::reload) fn table(cluster: &str) -> String {
    GOOD.replace("app", cluster)
}

/// A process whose live table is what `path` says.
pub(in crate::reload) fn process(path: &Path) -> (Arc<Shared>, Reloader) {
    let source = Source::read(path).unwrap();
    let series = Arc::new(SeriesBook::new(1));
    let config = compile(&source, &|_| None).unwrap().into_config();
    let shared = Arc::new(Shared::new(Snapshot::next(None, config, &series), series, 1));
    let reloader = Reloader::new(Arc::clone(&shared), path.to_owned(), Arc::new(|_| None), &source);
    (shared, reloader)
}

/// Publishes without anything else to do.
pub(in crate::reload) fn at_once(_: &Config, publish: &mut dyn FnMut()) -> Result<(), Halt> {
    publish();
    Ok(())
}

/// Name of the one cluster that is live.
pub(in crate::reload) fn live(shared: &Shared) -> String {
    shared.snapshot().config().clusters()[0].name().clone()
}

struct Case {
    _directory: TempDir,
    path: PathBuf,
    shared: Arc<Shared>,
    reloader: Reloader,
}

impl Case {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("table.yaml");
        fs::write(&path, GOOD).unwrap();
        let (shared, reloader) = process(&path);
        Self { _directory: directory, path, shared, reloader }
    }

    fn run(&self, program: &str) {
        let status = std::process::Command::new(program).arg(&self.path).status();
        assert!(status.is_ok_and(|status| status.success()), "{program}");
    }

    async fn says(&mut self, text: &str, when: When) -> Option<Verdict> {
        fs::write(&self.path, text).unwrap();
        self.reloader.reload(when, &mut at_once).await
    }

    fn counts(&self) -> (u64, u64) {
        let stats = self.shared.stats();
        (stats.total(Counter::Reloads), stats.total(Counter::ReloadsRejected))
    }
}

#[tokio::test]
async fn a_new_table_goes_live() {
    let mut case = Case::new();
    assert_eq!(case.says(&table("next"), When::Changed).await, Some(Verdict::Published { generation: 2 }));
    assert_eq!(live(&case.shared), "next");
    assert_eq!(case.counts(), (1, 0));
}

#[tokio::test]
async fn what_says_the_same_is_no_new_generation() {
    let mut case = Case::new();
    let before = case.shared.snapshot();
    assert_eq!(case.says(GOOD, When::Changed).await, None);
    assert_eq!(case.says(GOOD, When::Asked).await, Some(Verdict::Unchanged));
    assert!(Arc::ptr_eq(&before, &case.shared.snapshot()));
}

#[tokio::test]
async fn a_bad_table_is_refused_once_and_the_old_one_stays() {
    let mut case = Case::new();
    let bad = GOOD.replace("to: app", "to: ap");
    let Some(Verdict::Rejected { faults }) = case.says(&bad, When::Changed).await else {
        panic!("a dangling name must be refused")
    };
    assert!(faults.contains("table.yaml:3:"), "{faults}");
    assert_eq!(case.shared.rejection().unwrap().faults, faults);
    assert_eq!(live(&case.shared), "app");
    assert_eq!(case.says(&bad, When::Changed).await, None);
    assert_eq!(case.counts(), (0, 1));
    assert!(matches!(case.says(&bad, When::Asked).await, Some(Verdict::Rejected { .. })));
    assert_eq!(case.says(&table("next"), When::Changed).await, Some(Verdict::Published { generation: 2 }));
    assert!(case.shared.rejection().is_none());
}

#[tokio::test]
async fn going_back_to_what_is_live_forgets_the_rejection() {
    let mut case = Case::new();
    case.says("routes: 1", When::Changed).await;
    assert!(case.shared.rejection().is_some());
    assert_eq!(case.says(GOOD, When::Changed).await, Some(Verdict::Unchanged));
    assert!(case.shared.rejection().is_none());
    assert_eq!(case.shared.snapshot().generation(), 1);
}

#[tokio::test]
async fn a_file_that_is_gone_is_a_rejection_with_its_path() {
    let mut case = Case::new();
    fs::remove_file(&case.path).unwrap();
    let Some(Verdict::Rejected { faults }) = case.reloader.reload(When::Changed, &mut at_once).await else {
        panic!("a file that is gone must be refused")
    };
    assert!(faults.contains("table.yaml"), "{faults}");
    assert_eq!(case.reloader.reload(When::Changed, &mut at_once).await, None);
    assert_eq!(case.says(GOOD, When::Changed).await, Some(Verdict::Unchanged));
}

#[tokio::test]
async fn what_is_no_file_is_not_waited_for() {
    let mut case = Case::new();
    for (program, end) in [("mkdir", "rmdir"), ("mkfifo", "rm")] {
        fs::remove_file(&case.path).unwrap();
        case.run(program);
        let verdict = case.reloader.reload(When::Asked, &mut at_once).await;
        let Some(Verdict::Rejected { faults }) = verdict else { panic!("{program}: {verdict:?}") };
        assert!(faults.contains("it is no file"), "{program}: {faults}");
        case.run(end);
        assert_eq!(case.says(GOOD, When::Asked).await, Some(Verdict::Unchanged));
    }
}

#[tokio::test]
async fn a_table_whose_sockets_cannot_be_had_is_not_published() {
    let mut case = Case::new();
    fs::write(&case.path, table("next")).unwrap();
    let unbound = Unbound { listener: "web".into(), fault: "port 80 is taken".into() };
    let mut taken = |_: &Config, _: &mut dyn FnMut()| Err(Halt::Sockets(vec![unbound.clone()]));
    let verdict = case.reloader.reload(When::Changed, &mut taken).await;
    assert_eq!(verdict, Some(Verdict::Rejected { faults: "port 80 is taken".to_owned() }));
    assert_eq!((live(&case.shared).as_str(), case.counts()), ("app", (0, 1)));
    let again = case.reloader.reload(When::Asked, &mut at_once).await;
    assert_eq!(again, Some(Verdict::Published { generation: 2 }));
}

#[tokio::test]
async fn the_live_state_of_a_cluster_survives() {
    let mut case = Case::new();
    let state = |shared: &Shared| {
        let snapshot = shared.snapshot();
        let id = snapshot.config().cluster_ids().next().unwrap();
        Arc::clone(snapshot.cluster(id).unwrap().state())
    };
    let before = state(&case.shared);
    case.says(&GOOD.replace("3000", "3001"), When::Changed).await;
    assert!(Arc::ptr_eq(&before, &state(&case.shared)));
}

#[test]
fn settings_of_the_process_want_a_restart() {
    let config = |proxy: &str| {
        let source = Source::new("t", format!("proxy: {{{proxy}}}\n{GOOD}"));
        compile(&source, &|_| None).unwrap().into_config()
    };
    let changed = |old, new| fixed_settings(&config(old), &config(new)).collect::<Vec<_>>();
    assert_eq!(changed("workers: 1", "workers: 2"), ["proxy.workers"]);
    assert_eq!(changed("admin: none", "admin: 127.0.0.1:1"), ["proxy.admin"]);
    assert!(changed("id: a", "id: b").is_empty());
}
