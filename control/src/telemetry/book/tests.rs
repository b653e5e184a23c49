use towpath_wire::telemetry::{Series, Sketch, bucket};

use super::*;

fn key(route: &str) -> Key {
    Key { namespace: "shop".into(), route: route.into(), cluster: "app".into(), ..Key::default() }
}

fn tally(requests: u64, failures: u64, millis: u64) -> Tally {
    Tally::of(Series {
        codes: vec![0, requests - failures, 0, 0, failures],
        failures,
        latency: Some(Sketch::new([(bucket(millis * 1000), requests)], millis * 1000 * requests)),
        ..Series::default()
    })
}

fn last(window: u64) -> Query {
    Query { window, ..Query::default() }
}

#[test]
fn reports_of_many_proxies_add_up() {
    let mut book = Book::new(10);
    for second in 0..10 {
        book.add(second, key("a"), &tally(90, 0, 5));
        book.add(second, key("a"), &tally(10, 10, 500));
        book.add(second, key("b"), &tally(1, 0, 5));
    }
    let rates = book.rates(9, &last(10));
    let [a, b] = rates.as_slice() else { panic!("{rates:?}") };
    assert_eq!((a.requests, a.failures, a.codes[1], a.codes[4]), (100.0, 10.0, 90.0, 10.0));
    assert!(a.p50.is_some_and(|p50| (0.005..0.0054).contains(&p50)), "{a:?}");
    assert!(a.p99.is_some_and(|p99| (0.5..0.54).contains(&p99)), "{a:?}");
    assert_eq!(b.requests, 1.0);
    assert_eq!(book.rates(9, &Query { route: Some("b".into()), ..last(10) }).len(), 1);
    assert!(book.rates(9, &Query { namespace: Some("other".into()), ..last(10) }).is_empty());
    assert!(book.rates(200, &last(10)).is_empty(), "nothing was heard lately");
}

#[test]
fn time_is_told_piece_by_piece() {
    let mut book = Book::new(10);
    book.add(100, key("a"), &tally(2, 1, 5));
    book.add(100, key("b"), &tally(3, 0, 5));
    book.add(103, key("a"), &tally(4, 0, 5));
    let points: Vec<_> =
        book.points(104, &last(60)).iter().map(|point| (point.ago, point.requests, point.failures)).collect();
    assert_eq!(points, [(4, 5, 1), (1, 4, 0)]);
}

#[test]
fn what_has_no_room_is_counted_together() {
    let mut book = Book::new(2);
    for route in ["a", "b", "c", "d"] {
        book.add(1, key(route), &tally(1, 0, 5));
    }
    let rates: Vec<_> =
        book.rates(1, &last(1)).into_iter().map(|rates| (rates.key.route, rates.requests)).collect();
    assert_eq!(rates, [("*".to_owned(), 2.0), ("a".to_owned(), 1.0), ("b".to_owned(), 1.0)]);
    assert_eq!((book.len(), book.overflowed()), (3, 2));
    // a namespace for each proxy does not help to fill the memory
    (0..100).for_each(|name| book.add(1, Key { namespace: format!("n{name}"), ..key("x") }, &tally(1, 0, 5)));
    assert_eq!(book.len(), 4);
}

#[test]
fn what_is_silent_for_a_day_makes_room() {
    let mut book = Book::new(1);
    book.add(1, key("a"), &tally(1, 0, 5));
    book.add(86_401, key("b"), &tally(1, 0, 5));
    assert_eq!(book.overflowed(), 1);
    book.add(172_803, key("b"), &tally(1, 0, 5));
    let names: Vec<_> = book.rates(172_803, &last(1)).into_iter().map(|rates| rates.key.route).collect();
    assert_eq!(names, ["b"]);
}
