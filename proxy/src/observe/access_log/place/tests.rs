use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::Shutdown;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use super::*;
use crate::observe::access_log::LineQueue;

const LIMIT: u64 = 1 << 20;

fn started(path: &Path) -> (LineQueue, Place) {
    let queue = LineQueue::new(&LogPlace::File(path.display().to_string()), 1);
    let place = Place::new(queue.take_end().expect("the first who asks gets it"));
    assert!(queue.take_end().is_none());
    (queue, place)
}

/// `LogPlace::Socket` comes from a table only.
fn at_socket(path: &Path) -> (LineQueue, Place) {
    let text = format!("proxy: {{access_log: \"unix:{}\"}}", path.display());
    let compiled = towpath_config::compile(&towpath_config::Source::new("test.yaml", text), &|_| None);
    let config = compiled.expect("a table").into_config();
    let queue = LineQueue::new(config.process().access_logs()[0].to(), 1);
    let place = Place::new(queue.take_end().expect("the end"));
    (queue, place)
}

fn put(queue: &LineQueue, numbers: std::ops::Range<usize>) -> String {
    let lines = numbers.map(|number| format!("line {number}\n"));
    lines.inspect(|line| queue.put(0, line.as_bytes(), LIMIT)).collect()
}

#[test]
fn lines_go_to_the_end_of_a_file_and_to_the_new_one_when_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, old) = (folder.path().join("a.log"), folder.path().join("a.log.1"));
    fs::write(&path, "before\n").expect("a file");
    let (queue, mut place) = started(&path);
    let now = Instant::now();
    let first = put(&queue, 0..1000);
    assert_eq!(place.turn(now), Turn::Busy);
    assert_eq!(fs::read_to_string(&path).expect("the file"), format!("before\n{first}"));
    fs::rename(&path, &old).expect("a rename");
    let second = put(&queue, 1000..2000);
    assert!(place.reopen(now).expect("it can be opened"));
    let third = put(&queue, 2000..3000);
    assert_eq!(place.turn(now), Turn::Busy);
    assert_eq!(fs::read_to_string(&old).expect("the old file"), format!("before\n{first}{second}"));
    assert_eq!(fs::read_to_string(&path).expect("the new file"), third);
    assert_eq!(queue.tally().total(LogCounter::Lines), 3000);
    assert_eq!(place.turn(now), Turn::Idle);
    drop(queue);
    assert_eq!(place.turn(now), Turn::Over);
}

#[test]
fn a_full_disk_is_counted_and_outlived() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.log");
    symlink("/dev/full", &path).expect("a link");
    let (queue, mut place) = started(&path);
    let mut now = Instant::now();
    let first = put(&queue, 0..10);
    assert_eq!(place.turn(now), Turn::Stuck);
    assert!(place.is_failing());
    assert_eq!(place.turn(now), Turn::Stuck, "it rests");
    assert_eq!(queue.tally().total(LogCounter::Failures), 1);
    now += RETRY;
    assert_eq!(place.turn(now), Turn::Stuck);
    assert_eq!(queue.tally().total(LogCounter::Failures), 2);
    // what waits is bounded
    queue.put(0, &vec![b'x'; LIMIT as usize - 100], LIMIT);
    queue.put(0, b"too much\n", LIMIT);
    assert_eq!(queue.tally().total(LogCounter::Dropped), 1);
    fs::remove_file(&path).expect("the link");
    now += RETRY;
    assert_eq!(place.turn(now), Turn::Busy);
    assert!(!place.is_failing());
    let written = fs::read_to_string(&path).expect("the file");
    assert!(written.starts_with(&first) && written.len() as u64 == first.len() as u64 + LIMIT - 100);
    assert_eq!(queue.tally().total(LogCounter::Lines), 10);
}

#[test]
fn what_cannot_be_opened_is_tried_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("later/a.log");
    let (queue, mut place) = started(&path);
    let now = Instant::now();
    place.prepare(now);
    assert_eq!(queue.tally().total(LogCounter::Failures), 1);
    assert!(place.reopen(now).is_err());
    let lines = put(&queue, 0..3);
    fs::create_dir(folder.path().join("later")).expect("a folder");
    assert_eq!(place.turn(now + RETRY), Turn::Busy);
    assert_eq!(fs::read_to_string(&path).expect("the file"), lines);
}

#[test]
fn nobody_waits_for_the_reader_of_a_pipe() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
    let (queue, mut place) = started(&path);
    put(&queue, 0..1);
    assert_eq!(place.turn(Instant::now()), Turn::Stuck);
    assert!(place.is_failing() && place.unwritten() == 1);
}

#[test]
fn a_collector_may_come_late_stop_reading_and_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("collector.sock");
    let (queue, mut place) = at_socket(&path);
    let mut now = Instant::now();
    let mut sent = put(&queue, 0..10);
    assert_eq!(place.turn(now), Turn::Stuck);
    assert!(place.is_failing());
    let listener = UnixListener::bind(&path).expect("a socket");
    now += RETRY;
    assert_eq!(place.turn(now), Turn::Busy);
    let (mut collector, _) = listener.accept().expect("a connection");

    // more than the kernel keeps: nobody waits, and nothing is lost
    let mut next = 10;
    while place.turn(now) != Turn::Stuck {
        sent.push_str(&put(&queue, next..next + 1000));
        next += 1000;
    }
    assert!(!place.is_failing());
    let mut got = vec![0; sent.len()];
    let mut filled = 0;
    while filled < got.len() {
        filled += collector.read(&mut got[filled..]).expect("lines");
        place.turn(now);
    }
    assert_eq!(String::from_utf8(got).expect("text"), sent);

    // it goes in the middle of a line: that line is written again, whole
    while place.turn(now) != Turn::Stuck {
        put(&queue, 0..1000);
    }
    // a process that another test starts has this end too for a moment: to drop it would not be enough
    collector.shutdown(Shutdown::Both).expect("an end");
    assert_eq!(place.turn(now), Turn::Stuck);
    assert!(place.is_failing());
    now += RETRY;
    place.turn(now);
    let (collector, _) = listener.accept().expect("a connection");
    let mut line = String::new();
    BufReader::new(collector).read_line(&mut line).expect("a line");
    assert!(line.starts_with("line ") && line.ends_with('\n'), "{line}");
}

#[test]
fn what_nobody_wants_and_nobody_reads_is_given_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("collector.sock");
    let listener = UnixListener::bind(&path).expect("a socket");
    let (queue, mut place) = at_socket(&path);
    let now = Instant::now();
    while place.turn(now) != Turn::Stuck {
        put(&queue, 0..1000);
    }
    let _collector = listener.accept().expect("a connection");
    assert!(!place.is_given_up(now + ABANDONED_LIMIT), "a table has it");
    drop(queue);
    assert!(!place.is_given_up(now), "the reader has time");
    assert!(place.is_given_up(now + ABANDONED_LIMIT));
    assert!(place.unwritten() > 0);

    let (queue, mut place) = started(Path::new("/dev/full"));
    put(&queue, 0..1);
    assert_eq!(place.turn(now), Turn::Stuck);
    assert!(!place.is_given_up(now));
    drop(queue);
    assert!(place.is_given_up(now), "it fails");
}

#[test]
fn lines_that_wait_for_nobody_are_bounded() {
    let queue = LineQueue::new(&LogPlace::Stdout, 1);
    for _ in 0..100_000 {
        queue.put(0, b"0123456789012345678901234567890123456789\n", 1 << 16);
    }
    let kept = 100_000 - queue.tally().total(LogCounter::Dropped);
    assert_eq!(kept, (1 << 16) / (41 + 64));
}
