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
    let sums = book.sums(9, &last(10));
    let [(_, a), (_, b)] = sums.as_slice() else { panic!("{sums:?}") };
    assert_eq!((a.requests(), a.failures, a.codes[1], a.codes[4]), (1000, 100, 900, 100));
    let millis = |share| a.latency().unwrap().quantile(share).unwrap().as_millis();
    assert_eq!((millis(0.5), (500..540).contains(&millis(0.99))), (5, true));
    assert_eq!(b.requests(), 10);
    assert_eq!(book.sums(9, &Query { route: Some("b".into()), ..last(10) }).len(), 1);
    assert!(book.sums(9, &Query { namespace: Some("other".into()), ..last(10) }).is_empty());
    assert!(book.sums(200, &last(10)).is_empty(), "nothing was heard lately");
}

#[test]
fn what_has_no_room_is_counted_together() {
    let mut book = Book::new(2);
    for route in ["a", "b", "c", "d"] {
        book.add(1, key(route), &tally(1, 0, 5));
    }
    let sums: Vec<_> =
        book.sums(1, &last(1)).into_iter().map(|(key, tally)| (key.route, tally.requests())).collect();
    assert_eq!(sums, [("*".to_owned(), 2), ("a".to_owned(), 1), ("b".to_owned(), 1)]);
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
    let names: Vec<_> = book.sums(172_803, &last(1)).into_iter().map(|(key, _)| key.route).collect();
    assert_eq!(names, ["b"]);
}
