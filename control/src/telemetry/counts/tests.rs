use super::*;

fn place(cluster: Option<&str>) -> CountKey {
    CountKey { namespace: "shop".to_owned(), cluster: cluster.map(str::to_owned) }
}

fn counts(counts: &[(&str, u64)]) -> Vec<Count> {
    counts.iter().map(|(name, count)| Count { name: (*name).to_owned(), count: *count }).collect()
}

fn last(window: u64) -> Query {
    Query { window, ..Query::default() }
}

fn sums(book: &CountBook, now: u64, query: &Query) -> String {
    let sums = book.sums(now, query).into_iter().map(|(place, counts)| {
        let counts = counts.iter().map(|(name, count)| format!(" {name}={count}")).collect::<String>();
        format!("{}{counts}", place.cluster.unwrap_or_default())
    });
    sums.collect::<Vec<_>>().join("; ")
}

#[test]
fn counts_of_many_proxies_add_up_by_name() {
    let mut book = CountBook::new(10);
    for second in 0..10 {
        book.add(second, place(Some("app")), counts(&[("retries", 1), ("connections", 2)]));
        book.add(second, place(Some("app")), counts(&[("connections", 3), ("resets", 1), ("resets", 1)]));
        book.add(second, place(None), counts(&[("no-host", 4)]));
    }
    let all = " no-host=40; app retries=10 connections=50 resets=20";
    assert_eq!(sums(&book, 9, &last(10)), all);
    assert_eq!(sums(&book, 9, &last(1)), " no-host=4; app retries=1 connections=5 resets=2");
    let of = |query: Query| sums(&book, 9, &query);
    assert_eq!(of(Query { cluster: Some("app".into()), ..last(1) }), "app retries=1 connections=5 resets=2");
    assert_eq!(of(Query { namespace: Some("shop".into()), ..last(10) }), all);
    for nothing in [
        Query { namespace: Some("pay".into()), ..last(10) },
        Query { route: Some("all".into()), ..last(10) },
        Query { cluster: Some("other".into()), ..last(10) },
    ] {
        assert_eq!(of(nothing), "");
    }
    assert_eq!(sums(&book, 300, &last(10)), "", "nothing was heard lately");
}

#[test]
fn it_keeps_so_much_and_no_more() {
    let mut book = CountBook::new(2);
    for cluster in ["a", "b", "c"] {
        book.add(1, place(Some(cluster)), counts(&[("retries", 1)]));
    }
    book.add(1, place(Some("a")), counts(&[("retries", 1)]));
    book.add(1, place(Some("b")), Vec::new());
    assert_eq!(sums(&book, 1, &last(1)), "a retries=2; b retries=1");
    // a day later there is room
    book.add(SILENCE_MAX + 2, place(Some("c")), counts(&[("retries", 1)]));
    assert_eq!(sums(&book, SILENCE_MAX + 2, &last(1)), "c retries=1");
    for name in 0..2 * NAMES_MAX {
        book.add(SILENCE_MAX + 2, place(Some("c")), counts(&[(&format!("n{name}"), 1)]));
    }
    assert_eq!(book.names.len(), NAMES_MAX);
}
