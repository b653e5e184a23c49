//! Matching: what one request costs at 10 to 10,000 routes, and what a table costs before it is live.

use std::hint::black_box;

use divan::Bencher;
use divan::counter::BytesCount;
use fastrand::Rng;
use towpath_benches::layout::{self, Layout};
use towpath_benches::pattern::Pattern;
use towpath_benches::request::Request;
use towpath_benches::table::{self, Table};
use towpath_config::model::PathNormalization;
use towpath_proxy::observe::series::SeriesBook;
use towpath_proxy::route::index::Index;
use towpath_proxy::route::path::normalize;
use towpath_proxy::route::split::choose;
use towpath_proxy::snapshot::Snapshot;

const ROUTES: [usize; 4] = [10, 100, 1_000, 10_000];

fn main() {
    divan::main();
}

/// A sample is one round of the requests, so that none measures only what was never asked before.
const ROUND: u32 = 1_000;

/// Finds the routes of requests in turn.
fn find(bencher: Bencher<'_, '_>, table: &Table, requests: impl Iterator<Item = Request>) {
    let requests: Vec<_> = requests.collect();
    let views: Vec<_> = requests.iter().map(Request::view).collect();
    // a regex makes its memory with its first search
    for view in &views {
        let _ = black_box(table.find(view));
    }
    let mut turns = views.iter().cycle();
    bencher.bench_local(|| turns.next().map(|view| table.find(black_box(view))));
}

fn hit(bencher: Bencher<'_, '_>, layout: Layout, routes: usize, pattern: Pattern) {
    let table = Table::new(layout, routes);
    find(bencher, &table, table.numbers(pattern).map(|number| table.asking(number)));
}

fn last(bencher: Bencher<'_, '_>, layout: Layout, routes: usize) {
    let table = Table::new(layout, routes);
    find(bencher, &table, std::iter::once(table.asking(table.last())));
}

fn no_path(bencher: Bencher<'_, '_>, layout: Layout, routes: usize) {
    let table = Table::new(layout, routes);
    find(bencher, &table, table.numbers(Pattern::Prefix).map(|number| table.asking_no_path(number)));
}

/// Ten routes for each host.
#[divan::bench_group(sample_size = ROUND)]
mod hosts {
    use super::{Bencher, Layout, Pattern, ROUTES, Table};

    #[divan::bench(args = ROUTES)]
    fn plain(bencher: Bencher<'_, '_>, routes: usize) {
        super::hit(bencher, Layout::Hosts, routes, Pattern::Prefix);
    }

    #[divan::bench(args = ROUTES)]
    fn last(bencher: Bencher<'_, '_>, routes: usize) {
        super::last(bencher, Layout::Hosts, routes);
    }

    #[divan::bench(args = ROUTES)]
    fn template(bencher: Bencher<'_, '_>, routes: usize) {
        super::hit(bencher, Layout::Hosts, routes, Pattern::Template);
    }

    #[divan::bench(args = ROUTES)]
    fn regex(bencher: Bencher<'_, '_>, routes: usize) {
        super::hit(bencher, Layout::Hosts, routes, Pattern::Regex);
    }

    #[divan::bench(args = ROUTES)]
    fn no_path(bencher: Bencher<'_, '_>, routes: usize) {
        super::no_path(bencher, Layout::Hosts, routes);
    }

    #[divan::bench(args = ROUTES)]
    fn no_host(bencher: Bencher<'_, '_>, routes: usize) {
        let table = Table::new(Layout::Hosts, routes);
        let requests = table.numbers(Pattern::Prefix).map(|number| table.asking_no_host(number));
        super::find(bencher, &table, requests);
    }
}

/// All routes at one host.
#[divan::bench_group(sample_size = ROUND)]
mod paths {
    use super::{Bencher, Layout, Pattern, ROUTES};

    #[divan::bench(args = ROUTES)]
    fn plain(bencher: Bencher<'_, '_>, routes: usize) {
        super::hit(bencher, Layout::Paths, routes, Pattern::Prefix);
    }

    #[divan::bench(args = ROUTES)]
    fn last(bencher: Bencher<'_, '_>, routes: usize) {
        super::last(bencher, Layout::Paths, routes);
    }

    #[divan::bench(args = ROUTES)]
    fn template(bencher: Bencher<'_, '_>, routes: usize) {
        super::hit(bencher, Layout::Paths, routes, Pattern::Template);
    }

    #[divan::bench(args = ROUTES)]
    fn no_path(bencher: Bencher<'_, '_>, routes: usize) {
        super::no_path(bencher, Layout::Paths, routes);
    }
}

/// Regexes at one host, in one expression while that stays small.
#[divan::bench(args = [1, 10, 100, 1_000], sample_size = ROUND)]
fn regexes_of_one_host(bencher: Bencher<'_, '_>, routes: usize) {
    hit(bencher, Layout::Regexes, routes, Pattern::Regex);
}

fn split(bencher: Bencher<'_, '_>, destinations: usize, sticky: bool) {
    let config = table::config(&layout::split(destinations, sticky));
    let user = |number| table::request(&config, String::new(), "/".to_owned(), &format!("user-{number}"));
    let users: Vec<_> = (0..1_000).map(user).collect();
    let views: Vec<_> = users.iter().map(Request::view).collect();
    let (mut turns, mut rng) = (views.iter().cycle(), Rng::with_seed(1));
    let split = table::split(&config);
    bencher.bench_local(|| choose(split?, black_box(turns.next()?), &mut rng));
}

#[divan::bench(args = [2, 10], sample_size = ROUND)]
fn split_random(bencher: Bencher<'_, '_>, destinations: usize) {
    split(bencher, destinations, false);
}

#[divan::bench(args = [2, 10], sample_size = ROUND)]
fn split_sticky(bencher: Bencher<'_, '_>, destinations: usize) {
    split(bencher, destinations, true);
}

#[divan::bench(args = ["/api/v1/things-7/parts/7", "/api/../v1/./things-7", "/api/v1/%7Eada/caf%C3%A9"], sample_size = ROUND)]
fn normalise(bencher: Bencher<'_, '_>, path: &str) {
    let mut scratch = String::new();
    bencher.bench_local(|| normalize(black_box(path), PathNormalization::Base, &mut scratch).map(str::len));
}

/// A table on its way to the workers, step by step.
mod table_of {
    use super::{Bencher, BytesCount, Index, Layout, ROUTES, SeriesBook, Snapshot, Table, table};

    /// Parsed, validated, ordered.
    #[divan::bench(args = ROUTES, sample_count = 10)]
    fn compile(bencher: Bencher<'_, '_>, routes: usize) {
        let text = Layout::Hosts.text(routes);
        bencher.counter(BytesCount::of_str(&text)).bench(|| table::config(&text));
    }

    #[divan::bench(args = ROUTES, sample_count = 10)]
    fn index(bencher: Bencher<'_, '_>, routes: usize) {
        let table = Table::new(Layout::Hosts, routes);
        bencher.bench(|| Index::new(table.config()));
    }

    /// The index included, and the live state of what the table before had too.
    #[divan::bench(args = ROUTES, sample_count = 10)]
    fn snapshot_next(bencher: Bencher<'_, '_>, routes: usize) {
        let table = Table::new(Layout::Hosts, routes);
        let book = SeriesBook::new(2);
        let old = Snapshot::next(None, table.config().clone(), &book);
        let config = || table.config().clone();
        bencher.with_inputs(config).bench_values(|config| Snapshot::next(Some(&old), config, &book));
    }
}
