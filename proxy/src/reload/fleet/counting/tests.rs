use std::time::Duration;

use towpath_config::{Source, compile};

use super::*;
use crate::observe::series::{Sample, SeriesKey};

fn sample(status: u16, millis: u64) -> Sample {
    Sample {
        status,
        grpc: None,
        elapsed: Duration::from_millis(millis),
        first_byte: None,
        request_bytes: 1,
        response_bytes: 10,
    }
}

#[test]
fn a_report_has_what_moved_and_nothing_twice() {
    let source =
        Source::new("", "listeners: {}\nroutes: {all: {to: app}}\nclusters: {app: {endpoints: []}}\n");
    let config = compile(&source, &|_| None).unwrap_or_else(|faults| panic!("{faults}")).into_config();
    let book = SeriesBook::new(2);
    book.follow();
    let snapshot = Snapshot::next(None, config, &book);
    let stats = Stats::new(2);
    let mut counted = Counted::default();
    let mut moved = || counted.moved(&book, &snapshot, &stats);
    assert_eq!(moved(), Moved::default());

    let series = book.series(SeriesKey::new("all", "app", "", ""));
    series.record(0, &sample(200, 5));
    series.record(1, &sample(503, 5));
    stats.shard(0).local_reply(Reason::NoEndpoint);
    let first = moved();
    let one = &first.series[0];
    assert_eq!((one.route.as_str(), one.cluster.as_str(), first.series.len()), ("all", "app", 1));
    assert_eq!((one.codes.as_slice(), one.failures), ([0, 1, 0, 0, 1, 0].as_slice(), 1));
    assert_eq!((one.request_bytes, one.response_bytes), (2, 20));
    let latency = one.latency.as_ref().expect("durations");
    assert_eq!((latency.count(), latency.sum()), (2, Duration::from_millis(10)));
    assert_eq!((first.local_replies[0].name.as_str(), first.local_replies[0].count), ("no-endpoint", 1));
    assert_eq!(moved(), Moved::default());

    series.record(0, &sample(200, 50));
    let second = moved();
    let latency = second.series[0].latency.as_ref().expect("durations");
    assert_eq!(
        (second.series[0].codes[1], latency.count(), latency.sum()),
        (1, 1, Duration::from_millis(50))
    );
    // the series goes, and another one of its name comes
    drop(series);
    let series = book.series(SeriesKey::new("new", "app", "", ""));
    series.record(0, &sample(200, 1));
    assert_eq!(moved().series[0].codes[1], 1);
    drop(series);
    moved();
    let series = book.series(SeriesKey::new("new", "app", "", ""));
    series.record(0, &sample(200, 1));
    assert_eq!(moved().series[0].codes[1], 1);
}

fn state(snapshot: &Snapshot, name: &str) -> Arc<ClusterState> {
    let mut states = snapshot.config().cluster_ids().filter_map(|id| Some(snapshot.cluster(id)?.state()));
    Arc::clone(states.find(|state| state.name() == name).expect("it is there"))
}

#[test]
fn what_was_counted_last_is_not_lost() {
    let table = |clusters: &str| {
        let source = Source::new("", format!("listeners: {{}}\nroutes: {{}}\nclusters: {{{clusters}}}\n"));
        compile(&source, &|_| None).unwrap_or_else(|faults| panic!("{faults}")).into_config()
    };
    let (book, stats) = (SeriesBook::new(1), Stats::new(1));
    book.follow();
    let mut counted = Counted::default();
    let first = Snapshot::next(None, table("a: {endpoints: []}, b: {endpoints: []}"), &book);
    counted.moved(&book, &first, &stats);
    let second = Snapshot::next(Some(&first), table("a: {endpoints: []}"), &book);
    let gone = state(&first, "b");
    let series = book.series(SeriesKey::new("gone", "b", "", ""));
    // what is under way when the table changes is counted when it ends
    drop(first);
    let mut moved = || {
        let moved = counted.moved(&book, &second, &stats);
        let clusters = moved.clusters.iter().map(|one| (one.name.clone(), one.counts[0].count));
        let series = moved.series.iter().map(|one| (one.route.clone(), one.codes[1]));
        clusters.chain(series).collect::<Vec<_>>()
    };
    assert_eq!(moved(), []);
    gone.tally().add(0, ClusterCounter::Connections, 2);
    series.record(0, &sample(200, 1));
    drop((gone, series));
    assert_eq!(moved(), [("b".to_owned(), 2), ("gone".to_owned(), 1)]);
    assert_eq!(moved(), []);
    assert_eq!(counted.clusters.len(), 1, "and it is forgotten");
}

#[test]
fn connections_that_nobody_looks_into_are_counted_by_their_ends() {
    let source = Source::new("", "listeners: {}\n");
    let config = compile(&source, &|_| None).unwrap_or_else(|faults| panic!("{faults}")).into_config();
    let (book, stats) = (SeriesBook::new(1), Stats::new(1));
    let snapshot = Snapshot::next(None, config, &book);
    let mut counted = Counted::default();
    let series = book.series(SeriesKey::new("mail", "smtp", "", ""));
    let cell = series.passage(0).expect("a worker");
    cell.begin();
    cell.pass(5, 7);
    let open = counted.moved(&book, &snapshot, &stats).series.remove(0);
    assert_eq!((open.request_bytes, open.response_bytes, open.connections.len()), (5, 7, 0));
    cell.end(Fate::Closed, Duration::from_millis(1));
    cell.begin();
    cell.end(Fate::Failed(Reason::ConnectFailure), Duration::from_millis(1));
    let ended = counted.moved(&book, &snapshot, &stats).series.remove(0);
    let ends: Vec<_> = ended.connections.iter().map(|end| (end.name.as_str(), end.count)).collect();
    assert_eq!((ends, ended.response_bytes), (vec![("closed", 1), (Reason::ConnectFailure.code(), 1)], 0));
}
