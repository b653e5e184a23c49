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
