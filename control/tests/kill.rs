//! What the store said that it has, it has: after `kill -9` at any moment, and after a disk that was full.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use towpath_control::documents::{DocumentName, Documents};
use towpath_control::source::{Directory, Limits, Source, Write as Change};
use towpath_control::store::{
    Action, AuditEntry, Commit, Committed, Note, Origin, Outcome, Retention, Signature, Store, StoreFault,
};

/// Where the child keeps its state; only the child has it.
const STATE: &str = "TOWPATH_TEST_STATE";

/// So often is the child killed.
const KILLS: u32 = 40;

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

fn open(state: &Path) -> Store {
    Store::open(state, Retention::default()).unwrap()
}

fn signature() -> Signature {
    Signature { who: "child".into(), origin: Origin::Cli, message: String::new() }
}

/// Some documents of which each revision changes a few, in texts of all sizes.
fn documents(number: u64) -> Documents {
    let text = |at: u64| {
        let version = (number + at) / 7;
        format!("# {at} {version}\n").repeat(1 + (at * 37 % 400) as usize)
    };
    let name = |at: u64| DocumentName::parse(&format!("teams/{at}.yaml")).unwrap();
    (0..24).map(|at| (name(at), Arc::from(text(at)))).collect()
}

/// Not a test: what the tests below run as another process. It writes, says so, and never ends by itself.
#[test]
#[ignore = "runs as a child of the other tests"]
fn child() {
    let Some(state) = env::var_os(STATE) else { return };
    let store = open(Path::new(&state));
    let mut out = std::io::stdout();
    block(async {
        loop {
            let number = store.latest().number() + 1;
            let documents = documents(number);
            let digest = documents.digest();
            let commit = Commit { expected: Some(number - 1), signature: signature(), documents };
            match store.commit(commit).await {
                Ok(Committed::Revision(revision)) => {
                    writeln!(out, "has {} {digest}", revision.number).unwrap();
                }
                Ok(Committed::Unchanged) => panic!("every revision differs"),
                Err(fault @ StoreFault::Full { .. }) => writeln!(out, "full {fault}").unwrap(),
                Err(fault) => panic!("{fault}"),
            }
            let reason = format!("not {number}");
            let refused = Note::refused(signature(), Action::Change, reason);
            if let Ok(line) = store.note(refused).await {
                writeln!(out, "noted {line}").unwrap();
            }
        }
    });
}

/// As above: it writes files into a directory, all of them together, of which each has the same number.
#[test]
#[ignore = "runs as a child of the other tests"]
fn writer() {
    let Some(state) = env::var_os(STATE) else { return };
    let source = source(Path::new(&state)).0;
    let mut out = std::io::stdout();
    block(async {
        loop {
            let said = source.said();
            let number = numbers(&said.documents).first().map_or(0, |number| number + 1);
            let text: Arc<str> = format!("# {number}\n").repeat(1000).into();
            let name = |at: usize| DocumentName::parse(&format!("teams/{at}.yaml")).unwrap();
            let written = (0..FILES).map(|at| (name(at), Some(Arc::clone(&text)))).collect();
            let expected = Some(said.documents.digest());
            source.write(Change { written, expected, signature: signature() }).await.unwrap();
            writeln!(out, "has {number}").unwrap();
        }
    });
}

/// A directory, and the store that keeps its changes.
fn source(folder: &Path) -> (Directory, Store) {
    let (mesh, store) = (folder.join("mesh"), open(&folder.join("state")));
    std::fs::create_dir_all(&mesh).unwrap();
    (Directory::open(&mesh, Limits::default(), store.clone()).unwrap(), store)
}

/// So many files change together.
const FILES: usize = 24;

fn numbers(documents: &Documents) -> Vec<u64> {
    let number = |text: &str| text.lines().next().unwrap().trim_start_matches("# ").parse().unwrap();
    documents.iter().map(|(_, text)| number(text)).collect()
}

#[test]
fn files_are_written_together_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..KILLS / 2 {
        let mut program = Command::new(env::current_exe().unwrap());
        let mut child = child_of(&mut program, "writer", folder.path());
        let mut out = lines(&mut child);
        let mut said: Vec<String> = out.by_ref().take(1 + round as usize % 3).collect();
        // the files are about to move, and have moved more or less far
        let journal = folder.path().join("mesh/.towpath-journal");
        while !journal.exists() {
            assert!(child.try_wait().unwrap().is_none(), "the child goes on");
        }
        (0..round * 10).for_each(|_| _ = journal.exists());
        child.kill().unwrap();
        child.wait().unwrap();
        said.extend(out);
        let (source, store) = source(folder.path());
        let kept = store.latest().documents.clone();
        let numbers = numbers(&source.said().documents);
        assert_eq!((numbers.len(), source.said().troubles.len()), (FILES, 0));
        let last = said.last().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        assert!(
            numbers.iter().all(|number| *number == numbers[0] && *number >= last),
            "{numbers:?}, said {last}"
        );
        assert!(
            self::numbers(&kept).iter().all(|kept| *kept <= numbers[0]),
            "what was kept is in the files, {numbers:?}"
        );
    }
}

fn child_of(program: &mut Command, name: &str, state: &Path) -> Child {
    program.args(["--exact", name, "--ignored", "--nocapture"]).env(STATE, state);
    program.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap()
}

/// Everything that was said to be there is there, whole, and revisions and audit log agree.
fn check(state: &Path, said: &[String]) {
    let store = open(state);
    block(async {
        let revisions = store.revisions(None, usize::MAX).await.unwrap();
        let newest = store.latest().number();
        assert!(revisions.iter().rev().map(|revision| revision.number).eq(1..=newest), "no gaps");
        let lines = store.audit(0, usize::MAX).await.unwrap();
        let entries: Vec<AuditEntry> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(entries.iter().map(|entry| entry.number).eq(1..=entries.len() as u64), "no gaps");
        let noted: Vec<u64> = entries.iter().filter_map(|entry| entry.revision).collect();
        assert!(
            noted.iter().copied().eq(1..=newest),
            "each revision has its line, and each line its revision"
        );
        for line in said {
            let words: Vec<_> = line.split(' ').collect();
            match words[..] {
                ["has", number, digest] => {
                    let number: u64 = number.parse().unwrap();
                    let kept = store.documents(number).await.unwrap();
                    assert_eq!(kept, documents(number));
                    assert_eq!(kept.digest().to_string(), digest);
                }
                ["noted", number] => {
                    let number: usize = number.parse().unwrap();
                    assert_eq!(entries[number - 1].outcome, Outcome::Refused);
                }
                _ => {}
            }
        }
    });
}

/// Lines of the child that are ours, as far as they are whole.
fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let out = BufReader::new(child.stdout.take().unwrap());
    let ours = |line: &String| ["has ", "noted ", "full "].iter().any(|word| line.starts_with(word));
    out.lines().map_while(Result::ok).filter(ours)
}

#[test]
fn what_was_accepted_survives_kill() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..KILLS {
        let mut child = child_of(&mut Command::new(env::current_exe().unwrap()), "child", folder.path());
        let mut out = lines(&mut child);
        let mut said: Vec<String> = out.by_ref().take(1 + round as usize % 5).collect();
        // the pipe is read to its end, so the last line is as close to the moment of the kill as can be; how far the
        // child comes between the two is chance
        (0..round % 7).for_each(|_| std::thread::yield_now());
        child.kill().unwrap();
        child.wait().unwrap();
        said.extend(out);
        assert!(!said.is_empty(), "the child wrote");
        check(folder.path(), &said);
    }
}

#[test]
fn a_full_disk_refuses_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // a limit on the size of a file, of which the process hears as of a full disk
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "trap '' XFSZ; ulimit -S -f 4000; exec \"$0\" \"$@\""])
        .arg(env::current_exe().unwrap());
    let mut child = child_of(&mut shell, "child", folder.path());
    let mut out = lines(&mut child);
    let mut said: Vec<String> = Vec::new();
    for line in out.by_ref() {
        let full = line.starts_with("full ");
        said.push(line);
        if full && said.iter().filter(|line| line.starts_with("full ")).count() == 3 {
            break;
        }
    }
    let before = said.iter().filter(|line| line.starts_with("has ")).count();
    assert!(before > 3, "{said:?}");
    let room = Command::new("prlimit").args(["--fsize=unlimited", "--pid", &child.id().to_string()]).status();
    assert!(room.unwrap().success());
    let mut after = 0;
    while after < 5 {
        let line = out.next().expect("the same process goes on");
        after += usize::from(line.starts_with("has "));
        said.push(line);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    said.extend(out);
    check(folder.path(), &said);
}
