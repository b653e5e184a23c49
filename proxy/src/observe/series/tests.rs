use std::time::UNIX_EPOCH;

use super::*;
use crate::observe::exemplar::Identity;

fn sample(status: u16, millis: u64) -> Sample {
    let elapsed = Duration::from_millis(millis);
    Sample {
        status,
        grpc: None,
        elapsed,
        first_byte: Some(elapsed / 2),
        request_bytes: 3,
        response_bytes: 10,
    }
}

fn key(route: &str) -> SeriesKey {
    SeriesKey::new(route, "app", "canary", "")
}

#[test]
fn workers_are_summed() {
    let series = SeriesBook::new(2).series(key("all"));
    series.record(0, &sample(200, 1));
    series.record(1, &sample(204, 2));
    series.record(1, &sample(503, 4));
    let totals = series.totals();
    assert_eq!(totals.codes, [0, 2, 0, 0, 1, 0]);
    assert_eq!((totals.count(), totals.latency.count()), (3, 3));
    assert_eq!((totals.request_bytes, totals.response_bytes), (9, 30));
    assert_eq!(totals.latency.sum(), Duration::from_millis(7));
    assert_eq!((totals.first_byte.count(), totals.first_byte.sum_micros), (3, 3500));
    assert_eq!(totals.first_byte.counts[..3], [1, 1, 1]);
    let median = totals.latency.quantile(0.5).unwrap();
    assert!((2000..2125).contains(&median.as_micros()), "{median:?}");
}

#[test]
fn odd_statuses_and_unknown_workers_are_harmless() {
    let series = SeriesBook::new(1).series(key("all"));
    for status in [0, 99, 100, 499, 599, 600, 999] {
        series.record(0, &sample(status, 1));
    }
    series.record(7, &sample(200, 1));
    assert_eq!(series.totals().codes, [1, 0, 0, 1, 1, 4]);
}

#[test]
fn a_cell_is_made_only_when_it_is_needed() {
    let series = SeriesBook::new(3).series(key("all"));
    series.record(1, &sample(200, 1));
    let made: Vec<_> = series.workers.iter().map(|cells| cells.exchanges.get().is_some()).collect();
    assert_eq!(made, [false, true, false]);
}

#[test]
fn a_key_keeps_its_counts_while_it_is_held_and_is_forgotten_after() {
    let book = SeriesBook::new(1);
    let first = book.series(key("a"));
    first.record(0, &sample(200, 1));
    let again = book.series(key("a"));
    assert!(Arc::ptr_eq(&first, &again));
    drop(first);
    assert_eq!(book.series(key("a")).totals().count(), 1);
    drop(again);
    assert_eq!(book.series(key("a")).totals().count(), 0);
    assert!(book.all().is_empty());
}

#[test]
fn dead_series_do_not_pile_up() {
    let book = SeriesBook::new(1);
    let kept = book.series(key("kept"));
    for number in 0..10_000 {
        drop(book.series(key(&number.to_string())));
    }
    assert_eq!(book.all().len(), 1);
    assert!(book.known.lock().unwrap().series.len() <= 128);
    assert_eq!(kept.key().labels()[0], ("route", "kept"));
}

#[test]
fn series_are_listed_in_the_order_of_their_keys() {
    let book = SeriesBook::new(1);
    let held: Vec<_> = ["b", "c", "a"].into_iter().map(|route| book.series(key(route))).collect();
    let routes: Vec<_> = book.all().iter().map(|series| series.key().labels()[0].1.to_owned()).collect();
    assert_eq!(routes, ["a", "b", "c"]);
    assert_eq!(held.len(), 3);
}

#[test]
fn an_exemplar_is_taken_once_for_each_wish_and_bucket() {
    let series = SeriesBook::new(2).series(key("all"));
    let take = |worker, millis, id: &str| {
        let slot = series.record(worker, &sample(200, millis));
        let at = UNIX_EPOCH + Duration::from_millis(millis);
        slot.map(|slot| slot.write(Identity::Request, id.as_bytes(), Duration::from_millis(millis), at))
            .is_some()
    };
    let shown = || series.exemplars().map(|exemplar| exemplar.map_or(String::new(), |exemplar| exemplar.id));
    let ids = |row: &[(usize, &str)]| {
        let mut ids = [const { String::new() }; SHOWN];
        row.iter().for_each(|(position, id)| ids[*position] = (*id).to_owned());
        ids
    };
    assert!(!take(0, 4, "nobody asked") && !take(1, 4, "nobody asked"));
    assert_eq!(shown(), ids(&[]));
    assert!(take(0, 4, "a") && !take(0, 4, "the bucket has one") && take(0, 90_000, "b"));
    assert!(take(1, 5, "c"), "each worker has its own");
    assert_eq!(shown(), ids(&[(3, "c"), (16, "b")]), "the newest of all workers");
    assert!(take(0, 5, "d"), "asked again");
    assert_eq!(series.totals().count(), 7);
}

#[test]
fn calls_of_grpc_are_counted_by_status_and_cost_nothing_before() {
    let series = SeriesBook::new(2).series(key("all"));
    series.record(0, &sample(200, 1));
    series.record(0, &sample(502, 1));
    assert!(series.workers[0].exchanges.get().unwrap().grpc.get().is_none());
    let call = |status| Sample { grpc: Some(status), ..sample(200, 1) };
    for status in [GrpcStatus::Ok, GrpcStatus::Unavailable, GrpcStatus::Unavailable, GrpcStatus::NotFound] {
        series.record(1, &call(status));
    }
    let totals = series.totals();
    let of = |status: GrpcStatus| totals.grpc[usize::from(status.code())];
    let counts = [GrpcStatus::Ok, GrpcStatus::Unavailable, GrpcStatus::NotFound].map(of);
    assert_eq!((counts, totals.grpc.iter().sum::<u64>()), ([1, 2, 1], 4));
    assert_eq!((totals.count(), totals.failures), (6, 3));
}

#[test]
fn whoever_follows_sees_the_end_of_each_series_once() {
    let book = SeriesBook::new(1);
    let ended = || -> Vec<_> {
        let ended = book.ended();
        ended.iter().map(|one| (one.key().labels()[0].1.to_owned(), one.totals().count())).collect()
    };
    let (early, other) = (book.series(key("early")), book.series(key("other")));
    drop(other);
    assert_eq!((ended(), book.all().len()), (vec![], 1), "nobody follows");
    book.follow();
    let late = book.series(key("late"));
    [&early, &late].into_iter().for_each(|series| _ = series.record(0, &sample(200, 1)));
    assert_eq!(ended(), [], "they live");
    drop((early, late));
    // one that is wanted again goes on
    let early = book.series(key("early"));
    assert_eq!(ended(), [("late".to_owned(), 1)]);
    early.record(0, &sample(200, 1));
    drop(early);
    assert_eq!(ended(), [("early".to_owned(), 2)]);
    assert_eq!((ended(), book.all().len(), book.series(key("early")).totals().count()), (vec![], 0, 0));
}
