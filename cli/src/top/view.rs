//! The lines that are shown.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use clap::ValueEnum;

use super::reading::{Counts, Key, Process, Quantile};
use crate::text::aligned;

#[cfg(test)]
mod tests;

const HEADING: [&str; 7] =
    ["route", "destination", "     rate", "  errors", "     p50", "     p90", "     p99"];
const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];
/// Characters of a name; what is longer is cut.
const NAME_CHARACTERS_MAX: usize = 40;

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// The most requests
    Rate,
    /// The most failures
    Errors,
    /// The slowest
    P99,
    /// By route and destination
    Name,
}

/// How a line is shown, where there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Heading,
    /// Nothing happened.
    Idle,
    /// Something is wrong.
    Bad,
}

/// A line and its tone.
pub(super) type Toned = (Tone, String);

/// What happened in so many seconds.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) process: &'a Process,
    pub(super) between: &'a BTreeMap<Key, Counts>,
    pub(super) seconds: f64,
}

impl View<'_> {
    /// All lines: the proxy, the sum of all requests, and a line for each route and destination.
    pub(super) fn lines(&self, sort: Sort) -> Vec<Toned> {
        let mut all = Counts::default();
        let requests = self.between.iter().filter(|(key, _)| !key.tcp);
        requests.for_each(|(_, counts)| all.add(counts));
        let mut series: Vec<_> = self.between.iter().collect();
        // they come by name, and a stable order keeps that
        series.sort_by(|(_, left), (_, right)| compare(sort, left, right));
        let total = self.cells("all".to_owned(), String::new(), &all);
        let cells: Vec<_> = std::iter::once(total)
            .chain(series.iter().map(|(key, counts)| self.cells(route(key), destination(key), counts)))
            .collect();
        let counts = std::iter::once(&all).chain(series.iter().map(|(_, counts)| *counts));
        let tones = std::iter::once(Tone::Heading).chain(counts.map(tone));
        let table = aligned(HEADING, &cells);
        let process = [(process_tone(self.process), process(self.process)), (Tone::Plain, String::new())];
        process.into_iter().chain(tones.zip(table.lines().map(str::to_owned))).collect()
    }

    fn cells(&self, route: String, destination: String, counts: &Counts) -> [String; HEADING.len()] {
        let [p50, p90, p99] =
            QUANTILES.map(|q| format!("{:>8}", counts.quantile(q).map_or("-".into(), time)));
        let rate = format!("{:>7.1}/s", counts.requests / self.seconds);
        let share = 100.0 * counts.errors / counts.requests.max(1.0);
        [route, destination, rate, format!("{share:>7.2}%"), p50, p90, p99]
    }
}

fn compare(sort: Sort, left: &Counts, right: &Counts) -> Ordering {
    let p99 = |counts: &Counts| counts.quantile(0.99);
    match sort {
        Sort::Rate => right.requests.total_cmp(&left.requests),
        Sort::Errors => right.errors.total_cmp(&left.errors),
        Sort::P99 => p99(right).partial_cmp(&p99(left)).unwrap_or(Ordering::Equal),
        Sort::Name => Ordering::Equal,
    }
}

fn tone(counts: &Counts) -> Tone {
    match counts {
        _ if counts.errors > 0.0 => Tone::Bad,
        _ if counts.requests == 0.0 => Tone::Idle,
        _ => Tone::Plain,
    }
}

fn route(key: &Key) -> String {
    let name = if key.route.is_empty() { "(no route)" } else { &key.route };
    match (key.tcp, key.class.as_str()) {
        (false, "") => cut(name),
        (false, class) => cut(&format!("{name} ({class})")),
        (true, "") => cut(&format!("{name} (tcp)")),
        (true, class) => cut(&format!("{name} (tcp, {class})")),
    }
}

fn destination(key: &Key) -> String {
    match (key.cluster.as_str(), key.subset.as_str()) {
        ("", _) => "(the proxy itself)".to_owned(),
        (cluster, "") => cut(cluster),
        (cluster, subset) => cut(&format!("{cluster}/{subset}")),
    }
}

fn cut(name: &str) -> String {
    match name.char_indices().nth(NAME_CHARACTERS_MAX) {
        Some(_) => name.chars().take(NAME_CHARACTERS_MAX - 1).chain(['…']).collect(),
        None => name.to_owned(),
    }
}

fn time(quantile: Quantile) -> String {
    let text = |seconds: f64| match seconds {
        ..0.9995 => format!("{:.1}ms", seconds * 1000.0),
        _ => format!("{seconds:.1}s"),
    };
    match quantile {
        Quantile::Within(seconds) => text(seconds),
        Quantile::Beyond(seconds) => format!(">{}", text(seconds)),
    }
}

fn process_tone(process: &Process) -> Tone {
    if process.rejected { Tone::Bad } else { Tone::Heading }
}

fn process(process: &Process) -> String {
    let Process { version, id, generation, reloads, downstream, upstream, pending, .. } = process;
    let rejected = if process.rejected { ", the newest was REFUSED" } else { "" };
    let draining = if process.drain_stage > 0.0 { "   DRAINING" } else { "" };
    format!(
        "{id} {version}   table {generation}, {reloads} reloads{rejected}   connections: {downstream} of clients, \
         {upstream} to endpoints, {pending} waited for{draining}"
    )
}
