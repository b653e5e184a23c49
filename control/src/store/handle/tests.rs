use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;
use crate::documents::{DocumentName, Touch};
use crate::store::record::{Action, AuditEntry, Origin, Signature};

fn documents(texts: &[(&str, &str)]) -> Documents {
    texts.iter().map(|(name, text)| (DocumentName::parse(name).unwrap(), Arc::from(*text))).collect()
}

fn signature(message: &str) -> Signature {
    Signature { who: "ann".into(), origin: Origin::Api, message: message.into() }
}

fn change(expected: Option<u64>, texts: &[(&str, &str)]) -> Commit {
    Commit { expected, signature: signature("why not"), documents: documents(texts) }
}

fn number(committed: &Committed) -> u64 {
    match committed {
        Committed::Revision(revision) => revision.number,
        Committed::Unchanged => 0,
    }
}

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

async fn audited(store: &Store) -> Vec<AuditEntry> {
    let lines = store.audit(0, usize::MAX).await.unwrap();
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_revision_says_what_changed_and_who_did_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Retention::default()).unwrap();
    assert_eq!(*store.latest(), Latest::default());
    block(async {
        let first = store.commit(change(Some(0), &[("a.yaml", "1"), ("b.yaml", "2")])).await.unwrap();
        let second = store.commit(change(Some(1), &[("a.yaml", "one"), ("c.yaml", "3")])).await.unwrap();
        assert_eq!((number(&first), number(&second)), (1, 2));
        let revisions = store.revisions(None, 10).await.unwrap();
        assert_eq!(revisions.iter().map(|each| each.number).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(store.revisions(Some(2), 10).await.unwrap(), revisions[1..]);
        let touches: Vec<_> =
            revisions[0].changed.iter().map(|each| (each.document.as_str(), each.touch)).collect();
        assert_eq!(
            touches,
            [("a.yaml", Touch::Changed), ("b.yaml", Touch::Removed), ("c.yaml", Touch::Added)]
        );
        assert_eq!((revisions[0].who.as_str(), revisions[0].message.as_str()), ("ann", "why not"));
        assert_eq!(store.documents(1).await.unwrap(), documents(&[("a.yaml", "1"), ("b.yaml", "2")]));
        assert_eq!(store.documents(2).await.unwrap(), store.latest().documents);
    });
}

#[test]
fn a_writer_who_does_not_know_the_newest_revision_is_told_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Retention::default()).unwrap();
    block(async {
        store.commit(change(Some(0), &[("a.yaml", "1")])).await.unwrap();
        for stale in [0, 2] {
            let late = store.commit(change(Some(stale), &[("a.yaml", "2")])).await;
            assert_eq!(late, Err(StoreFault::Conflict { current: 1 }));
        }
        let same = store.commit(change(Some(0), &[("a.yaml", "1")])).await;
        assert_eq!(same, Ok(Committed::Unchanged), "what is there already disturbs nobody");
        assert_eq!(audited(&store).await.len(), 1, "what changed nothing is no line");
        assert_eq!(number(&store.commit(change(None, &[("a.yaml", "2")])).await.unwrap()), 2);
    });
}

#[test]
fn of_two_who_write_at_once_one_is_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Retention::default()).unwrap();
    block(async {
        let (left, right) = tokio::join!(
            store.commit(change(Some(0), &[("a.yaml", "left")])),
            store.commit(change(Some(0), &[("a.yaml", "right")])),
        );
        let refused = [&left, &right].into_iter().filter(|each| each.is_err()).count();
        assert_eq!(refused, 1, "{left:?} {right:?}");
        assert_eq!(store.latest().number(), 1);
    });
}

#[test]
fn a_rollback_is_a_new_revision_with_old_documents() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Retention::default()).unwrap();
    block(async {
        store.commit(change(None, &[("a.yaml", "1")])).await.unwrap();
        store.commit(change(None, &[("a.yaml", "2")])).await.unwrap();
        let signature = Signature { origin: Origin::Rollback(1), ..signature("") };
        let documents = store.documents(1).await.unwrap();
        store.commit(Commit { expected: Some(2), signature, documents }).await.unwrap();
        assert_eq!(store.latest().number(), 3);
        assert_eq!(store.documents(3).await, store.documents(1).await);
        let (revisions, lines) = (store.revisions(None, 1).await.unwrap(), store.audit(2, 10).await.unwrap());
        assert_eq!(revisions[0].origin, Origin::Rollback(1));
        assert!(lines[0].contains(r#""origin":{"rollback":1}"#), "{lines:?}");
    });
}

#[test]
fn what_was_refused_is_a_line_too() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Retention::default()).unwrap();
    block(async {
        let refused =
            |action, reason: &str| Note::refused(signature("line\nbreak"), action, reason.to_owned());
        assert_eq!(store.note(refused(Action::Login, "unknown token")).await, Ok(1));
        store.commit(change(None, &[("a.yaml", "1")])).await.unwrap();
        assert_eq!(store.note(refused(Action::Change, &"ü".repeat(5000))).await, Ok(3));
        let lines = store.audit(0, 10).await.unwrap();
        assert!(lines.iter().all(|line| !line.contains('\n')), "one line each: {lines:?}");
        let entries = audited(&store).await;
        assert_eq!(entries.iter().map(|each| each.revision).collect::<Vec<_>>(), [None, Some(1), None]);
        assert!(entries[2].reason.len() < 4200 && entries[2].reason.ends_with('…'));
        assert_eq!(store.audit(1, 1).await.unwrap(), lines[1..2]);
    });
}

#[test]
fn it_is_all_there_when_it_is_opened_again_and_only_one_may_have_it() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("var/state");
    let store = Store::open(&state, Retention::default()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&state), mode(&state.join("control.redb"))), (0o700, 0o600));
    block(store.commit(change(None, &[("a.yaml", "1")]))).unwrap();
    let latest = store.latest();
    let second = Store::open(&state, Retention::default());
    assert!(matches!(second, Err(OpenFault::InUse { .. })));
    drop(store);
    let store = Store::open(&state, Retention::default()).unwrap();
    assert_eq!(store.latest(), latest);
    drop(store);
    fs::write(state.join("control.redb"), "something else").unwrap();
    let Err(fault) = Store::open(&state, Retention::default()) else { panic!("no database") };
    assert!(fault.to_string().contains("control.redb"), "{fault}");
    fs::write(folder.path().join("file"), "").unwrap();
    let file = Store::open(&folder.path().join("file"), Retention::default());
    assert!(matches!(file, Err(OpenFault::Directory { .. })));
}

#[test]
fn what_is_live_is_kept_beside_the_revisions() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Retention::default()).unwrap();
    block(async {
        assert_eq!(store.live().await, Ok(None));
        for live in ["first", "second", "second"] {
            store.keep_live(live.into()).await.unwrap();
            assert_eq!(store.live().await.unwrap().as_deref(), Some(live));
        }
        assert_eq!(store.latest().number(), 0, "it is no revision");
    });
    drop(store);
    let store = Store::open(folder.path(), Retention::default()).unwrap();
    assert_eq!(block(store.live()).unwrap().as_deref(), Some("second"));
}

#[test]
fn the_oldest_lines_of_the_audit_log_go() {
    let folder = tempfile::tempdir().unwrap();
    let retention = Retention { audit_bytes: 1000, ..Retention::default() };
    let store = Store::open(folder.path(), retention).unwrap();
    block(async {
        for round in 1..=50 {
            store.commit(change(None, &[("a.yaml", &round.to_string())])).await.unwrap();
            let lines = store.audit(0, usize::MAX).await.unwrap();
            assert!(lines.iter().map(String::len).sum::<usize>() <= 1000);
        }
        let entries = audited(&store).await;
        assert!(entries.len() > 3, "{entries:?}");
        assert_eq!(entries.last().unwrap().number, 50);
        let first = entries[0].number;
        assert!(entries.iter().map(|each| each.number).eq(first..=50), "in order and without gaps");
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// A store that keeps little holds for each revision what one that keeps everything would, and no text too many.
    #[test]
    fn what_is_kept_is_complete(
        sets in vec(btree_map("[abc]", "[xyz]", 0..4), 1..12),
        most in 1u64..5,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let retention = Retention { revisions: most, ..Retention::default() };
        let store = Store::open(folder.path(), retention).unwrap();
        let mut model: Vec<Documents> = Vec::new();
        block(async {
            for set in &sets {
                let set: BTreeMap<String, &str> =
                    set.iter().map(|(name, text)| (format!("{name}.yaml"), text.as_str())).collect();
                let set: Vec<_> = set.iter().map(|(name, text)| (name.as_str(), *text)).collect();
                if let Committed::Revision(_) = store.commit(change(None, &set)).await.unwrap() {
                    model.push(documents(&set));
                }
                let newest = model.len() as u64;
                let oldest = newest.saturating_sub(most - 1).max(1);
                for number in 1..=newest + 1 {
                    let kept = store.documents(number).await;
                    if (oldest..=newest).contains(&number) {
                        assert_eq!(kept.as_ref(), Ok(&model[number as usize - 1]), "revision {number}");
                    } else {
                        assert_eq!(kept, Err(StoreFault::UnknownRevision { number, oldest, newest }));
                    }
                }
                let kept = &model[oldest as usize - 1..];
                let mut texts: Vec<_> = kept.iter().flat_map(|set| set.iter().map(|(_, text)| text)).collect();
                texts.sort();
                texts.dedup();
                assert_eq!(texts_stored(&store).await, texts.len());
            }
        });
    }
}

/// Texts in the file, each used.
async fn texts_stored(store: &Store) -> usize {
    use redb::{ReadableDatabase, ReadableTable, ReadableTableMetadata};

    use crate::store::tables::{TEXTS, USES, VERSIONS};
    let counts = store.read(|database| {
        let reading = database.begin_read().unwrap();
        let (texts, uses) = (reading.open_table(TEXTS).unwrap(), reading.open_table(USES).unwrap());
        let versions = reading.open_table(VERSIONS).unwrap();
        let used: u64 = uses.iter().unwrap().map(|each| each.unwrap().1.value()).sum();
        let placed =
            versions.iter().unwrap().filter(|each| each.as_ref().unwrap().1.value().is_some()).count();
        assert_eq!((used, uses.len().unwrap()), (placed as u64, texts.len().unwrap()));
        Ok(texts.len().unwrap() as usize)
    });
    counts.await.unwrap()
}

#[test]
fn texts_of_one_hash_are_told_apart() {
    use redb::{Database, ReadableTable};

    use crate::documents::digest_of;
    use crate::store::tables::{Tables, begin, transaction};
    use crate::store::write;
    let database = Database::builder().create_with_backend(redb::backends::InMemoryBackend::new()).unwrap();
    begin(&database).unwrap();
    let writing = transaction(&database).unwrap();
    let mut tables = Tables::open(&writing).unwrap();
    // another text that has the hash of "1": nobody can find one in a test, so it is put there
    tables.texts.insert(digest_of("1"), "other").unwrap();
    let mut latest = Latest::default();
    let commit = change(None, &[("a.yaml", "1"), ("b.yaml", "1")]);
    write::commit(&mut tables, &mut latest, &commit, Retention::default(), 0).unwrap().unwrap();
    assert_eq!(tables.texts.get(digest_of("1") + 1).unwrap().unwrap().value(), "1");
    assert_eq!(tables.uses.get(digest_of("1") + 1).unwrap().unwrap().value(), 2);
}
