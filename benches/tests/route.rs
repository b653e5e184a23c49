//! The tables of the benchmarks mean what the benchmarks say: else they would go on measuring something else.

use fastrand::Rng;
use towpath_benches::layout::{self, Layout};
use towpath_benches::pattern::Pattern;
use towpath_benches::table::{self, Table};
use towpath_proxy::observe::series::SeriesBook;
use towpath_proxy::route::Miss;
use towpath_proxy::route::split::{ChosenBy, choose};
use towpath_proxy::snapshot::Snapshot;

const PATTERNS: [Pattern; 4] = [Pattern::Prefix, Pattern::Exact, Pattern::Template, Pattern::Regex];

fn found(table: &Table, number: usize) -> Option<usize> {
    let found = table.find(&table.asking(number).view());
    found.ok().map(|found| found.route.index())
}

#[test]
fn every_route_takes_its_requests() {
    for (layout, routes) in
        [(Layout::Hosts, 10), (Layout::Hosts, 1_000), (Layout::Paths, 1_000), (Layout::Regexes, 100)]
    {
        let table = Table::new(layout, routes);
        assert_eq!(table.config().routes().len(), routes);
        for number in 0..routes {
            assert_eq!(found(&table, number), Some(number), "{layout:?}: {:?}", table.asking(number));
        }
    }
}

#[test]
fn every_pattern_that_is_measured_is_in_the_table() {
    for (layout, counts) in [
        (Layout::Hosts, [70, 10, 10, 10]),
        (Layout::Paths, [80, 10, 10, 0]),
        (Layout::Regexes, [0, 0, 0, 100]),
    ] {
        let table = Table::new(layout, 100);
        assert_eq!(PATTERNS.map(|pattern| table.numbers(pattern).count()), counts, "{layout:?}");
    }
}

#[test]
fn misses_miss_where_they_say() {
    for layout in [Layout::Hosts, Layout::Paths, Layout::Regexes] {
        let table = Table::new(layout, 100);
        assert_eq!(table.find(&table.asking_no_path(42).view()), Err(Miss::NoPath), "{layout:?}");
        assert_eq!(table.find(&table.asking_no_host(42).view()), Err(Miss::NoHost), "{layout:?}");
    }
}

#[test]
fn the_large_table_goes_live() {
    let table = Table::new(Layout::Hosts, 10_000);
    assert_eq!((table.config().routes().len(), table.config().clusters().len()), (10_000, 1_000));
    assert_eq!(found(&table, table.last()), Some(table.last()));
    let book = SeriesBook::new(1);
    let first = Snapshot::next(None, table.config().clone(), &book);
    assert_eq!(Snapshot::next(Some(&first), table.config().clone(), &book).generation(), 2);
}

#[test]
fn splits_reach_every_destination_in_the_way_that_is_measured() {
    for (destinations, sticky) in [(2, false), (10, false), (2, true), (10, true)] {
        let config = table::config(&layout::split(destinations, sticky));
        let split = table::split(&config).unwrap();
        let mut rng = Rng::with_seed(1);
        let mut reached = vec![0; destinations];
        for user in 0..1_000 {
            let request = table::request(&config, String::new(), "/".to_owned(), &format!("user-{user}"));
            let chosen = choose(split, &request.view(), &mut rng).unwrap();
            assert_eq!(chosen.by, if sticky { ChosenBy::Key { position: 0 } } else { ChosenBy::Random });
            reached[chosen.destination] += 1;
        }
        assert!(reached.iter().all(|count| *count > 0), "{reached:?}");
    }
}
