use std::collections::BTreeMap;

use towpath_config::{Source, compile};

use super::*;

fn shared(process: &str, workers: usize) -> Arc<Shared> {
    let text = format!(
        "proxy: {{{process}}}\nlisteners: {{web: {{address: 127.0.0.1:0}}}}\nroutes: {{r: {{direct_response: {{status: 200}}}}}}\n"
    );
    let compiled = compile(&Source::new("test.yaml", text), &|_| None);
    let config = compiled.unwrap_or_else(|faults| panic!("{faults}")).into_config();
    let book = Arc::new(SeriesBook::new(workers));
    let snapshot = Snapshot::next(None, config, &book);
    Arc::new(Shared::new(snapshot, book, workers))
}

const DRAIN: &str = "drain: {delay: 5s, spread: 4s, timeout: 20s}";

/// Seconds from the begin to: the close, the first and last idle connection's end, the first and last tunnel's, the end.
fn course(leave: Leave) -> [f64; 6] {
    let shared = shared(DRAIN, 1);
    let begun = Instant::now();
    let drain = shared.begin_drain(leave);
    let lots = [0.0, 1.0];
    let [first, last] = lots.map(|share| drain.closes_idle(begun, share));
    let [cut, last_cut] = lots.map(|share| drain.cuts_tunnel(share));
    [drain.closes, first, last, cut, last_cut, drain.deadline].map(|at| (at - begun).as_secs_f64())
}

#[tokio::test(start_paused = true)]
async fn who_leaves_has_as_much_patience_as_is_of_use() {
    assert_eq!(course(Leave::Announced), [5.0, 7.0, 9.0, 15.0, 25.0, 25.0]);
    assert_eq!(course(Leave::HandedOver), [0.0, 2.0, 4.0, 10.0, 20.0, 20.0]);
    assert_eq!(course(Leave::AtOnce), [0.0, 0.0, 0.0, 10.0, 20.0, 20.0]);
}

#[tokio::test(start_paused = true)]
async fn a_drain_begins_once() {
    let shared = shared(DRAIN, 1);
    assert_eq!((shared.phase(), shared.drain()), (Phase::Serving, None));
    let drain = shared.begin_drain(Leave::Announced);
    assert_eq!((shared.phase(), shared.drain()), (Phase::Leaving, Some(drain)));
    shared.close();
    assert_eq!(shared.begin_drain(Leave::AtOnce), drain);
    assert_eq!((shared.phase(), shared.drain()), (Phase::Closed, Some(drain)));
}

#[tokio::test(start_paused = true)]
async fn who_turns_idle_late_is_not_closed_before_it_can_ask() {
    let drain = shared(DRAIN, 1).begin_drain(Leave::Announced);
    let late = drain.closes + Duration::from_secs(3);
    assert_eq!(drain.closes_idle(late, 0.0), late + Duration::from_secs(2));
}

#[test]
fn connections_are_spread_evenly_even_when_they_are_few() {
    for (workers, connections) in [2, 4].into_iter().flat_map(|workers| [4, 16, 64].map(|n| (workers, n))) {
        let shared = shared("", workers);
        let listener = Arc::new(ListenerStats::new("web", workers));
        let seats: Vec<_> =
            (0..connections).map(|_| shared.seat(&listener, 1000).expect("a free seat")).collect();
        let mut by_worker: BTreeMap<usize, usize> = BTreeMap::new();
        seats.iter().for_each(|seat| *by_worker.entry(seat.worker()).or_default() += 1);
        let spread = by_worker.values().max().zip(by_worker.values().min());
        assert!(by_worker.len() == workers && spread.is_some_and(|(most, least)| most - least <= 1));
    }
}
