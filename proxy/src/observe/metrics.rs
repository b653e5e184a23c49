//! The families that show what the workers counted.

use std::sync::Arc;

use towpath_config::model::Algorithm;

use crate::observe::exemplar::Exemplar;
use crate::observe::expose::{Bucket, Exposition, Family, Format, Label, Labels, Shape};
use crate::observe::latency::BOUNDS;
use crate::observe::passage::{Fate, PassageTotals};
use crate::observe::rows::{Kind, Row};
use crate::observe::series::{CODES, Exemplars, Series, SeriesBook, Totals};
use crate::observe::stats::{Counter, Skip, Stats};
use crate::observe::tally::Tally;
use crate::outcome::{GrpcStatus, Reason};

#[cfg(test)]
mod tests;

/// One series with what it has to show.
struct Shown {
    labels: Labels,
    totals: Totals,
    exemplars: Exemplars,
}

impl Shown {
    /// `None` while there is nothing to show: tables may have thousands of routes.
    fn new(series: &Series, format: Format) -> Option<Self> {
        let totals = series.totals();
        let labels = Labels::new(series.key().labels());
        // only OpenMetrics has exemplars: another reader must not have them taken
        let exemplars =
            || if format == Format::OpenMetrics { series.exemplars() } else { Exemplars::default() };
        (totals.count() > 0).then(|| Self { labels, totals, exemplars: exemplars() })
    }
}

/// Requests by route and destination: how many, how long, how much.
pub fn write_series(to: &mut Exposition, book: &SeriesBook) {
    let format = to.format();
    let rows: Vec<_> = book.all().iter().map(Arc::as_ref).filter_map(|one| Shown::new(one, format)).collect();
    let help = "Requests, by route, destination and class of status.";
    let mut family = to.family("towpath_requests", Shape::Counter, help);
    for Shown { labels, totals, .. } in &rows {
        for (code, count) in CODES.into_iter().zip(totals.codes).filter(|(_, count)| *count > 0) {
            family.row(labels, &[("code", code)], count);
        }
    }
    let help = "Requests that failed: answered 5xx, or calls of gRPC with a status that says so.";
    let mut family = to.family("towpath_request_failures", Shape::Counter, help);
    rows.iter().for_each(|row| family.row(&row.labels, &[], row.totals.failures));
    let help = "Calls of gRPC, by route, destination and status.";
    let mut family = to.family("towpath_grpc_responses", Shape::Counter, help);
    for Shown { labels, totals, .. } in &rows {
        for (status, count) in GrpcStatus::ALL.iter().zip(totals.grpc).filter(|(_, count)| *count > 0) {
            family.row(labels, &[("grpc_status", status.name())], count);
        }
    }
    let help = "From the first byte of a request to the last byte of its answer.";
    let mut family = to.family("towpath_request_duration_seconds", Shape::Histogram, help);
    for Shown { labels, totals, exemplars } in &rows {
        let latency = &totals.latency;
        let buckets = buckets(latency.cumulative(), latency.count(), exemplars);
        family.histogram(labels, buckets, latency.sum().as_secs_f64());
    }
    let help = "From the first byte of a request to the head of the upstream's answer.";
    let mut family = to.family("towpath_request_first_byte_seconds", Shape::Histogram, help);
    for Shown { labels, totals, .. } in rows.iter().filter(|row| row.totals.first_byte.count() > 0) {
        let first = &totals.first_byte;
        let buckets = buckets(first.cumulative(), first.count(), &[]);
        family.histogram(labels, buckets, first.sum_micros as f64 / 1e6);
    }
    let help = "Bytes of request bodies, and what tunnels passed up, by route and destination.";
    let mut family = to.family("towpath_request_bytes", Shape::Counter, help);
    rows.iter().for_each(|row| family.row(&row.labels, &[], row.totals.request_bytes));
    let help = "Bytes of response bodies, and what tunnels passed down, by route and destination.";
    let mut family = to.family("towpath_response_bytes", Shape::Counter, help);
    rows.iter().for_each(|row| family.row(&row.labels, &[], row.totals.response_bytes));
}

/// Connections of TCP listeners by route and destination: how many, how long, how much, and how they ended.
pub fn write_passages(to: &mut Exposition, book: &SeriesBook) {
    let all = book.all();
    let shown = all.iter().map(|one| (Labels::new(one.key().labels()), one.passages()));
    let rows: Vec<_> = shown.filter(|(_, totals)| !totals.is_empty()).collect();
    let help = "Connections of TCP listeners that have ended, by route, destination and how they ended.";
    let mut family = to.family("towpath_tcp_connections", Shape::Counter, help);
    for (labels, totals) in &rows {
        for (fate, count) in
            Fate::all().map(|fate| (fate, totals.ended(fate))).filter(|(_, count)| *count > 0)
        {
            family.row(labels, &[("end", fate.code())], count);
        }
    }
    let help = "Connections of TCP listeners that are open.";
    let mut family = to.family("towpath_tcp_connections_open", Shape::Gauge, help);
    rows.iter().for_each(|(labels, totals)| family.row(labels, &[], totals.open));
    let help = "How long connections of TCP listeners lived.";
    let mut family = to.family("towpath_tcp_connection_duration_seconds", Shape::Histogram, help);
    for (labels, PassageTotals { durations, .. }) in &rows {
        let buckets = buckets(durations.cumulative(), durations.count(), &[]);
        family.histogram(labels, buckets, durations.sum_micros as f64 / 1e6);
    }
    let help = "Bytes that connections of TCP listeners brought from clients.";
    let mut family = to.family("towpath_tcp_received_bytes", Shape::Counter, help);
    rows.iter().for_each(|(labels, totals)| family.row(labels, &[], totals.received));
    let help = "Bytes that connections of TCP listeners brought to clients.";
    let mut family = to.family("towpath_tcp_sent_bytes", Shape::Counter, help);
    rows.iter().for_each(|(labels, totals)| family.row(labels, &[], totals.sent));
}

/// The buckets of a histogram, with the exemplars of the same positions.
fn buckets(
    below: [u64; BOUNDS.len()],
    count: u64,
    exemplars: &[Option<Exemplar>],
) -> impl Iterator<Item = Bucket<'_>> {
    let bounds = BOUNDS.into_iter().map(|bound| bound as f64 / 1e6).chain([f64::INFINITY]);
    let rows = bounds.zip(below.into_iter().chain([count])).enumerate();
    rows.map(|(position, (bound, below))| {
        let exemplar = exemplars.get(position).and_then(Option::as_ref);
        Bucket { bound, below, exemplar }
    })
}

/// The counters of the process, and the answers it made by itself.
pub fn write_stats(to: &mut Exposition, stats: &Stats) {
    for counter in Counter::ALL {
        family(to, *counter).sample(&[], stats.total(*counter));
    }
    let help = "Answers that the proxy made by itself, by reason.";
    let mut family = to.family("towpath_local_replies", Shape::Counter, help);
    for reason in Reason::ALL {
        family.sample(&[("reason", reason.code())], stats.local_replies(*reason));
    }
    write_compression(to, stats);
}

/// What was compressed, and why the rest was not.
fn write_compression(to: &mut Exposition, stats: &Stats) {
    for (position, (name, help)) in [
        ("towpath_compressed_answers", "Answers that were compressed, by algorithm."),
        ("towpath_compression_input_bytes", "Octets of bodies before they were compressed, by algorithm."),
        ("towpath_compression_output_bytes", "Octets of bodies after they were compressed, by algorithm."),
    ]
    .into_iter()
    .enumerate()
    {
        let mut family = to.family(name, Shape::Counter, help);
        for algorithm in Algorithm::ALL {
            let total = stats.compressed(algorithm).get(position).copied().unwrap_or_default();
            family.sample(&[("algorithm", algorithm.token())], total);
        }
    }
    let help = "Answers of routes with compression that were passed on as they are, by reason.";
    let mut family = to.family("towpath_compression_skipped", Shape::Counter, help);
    for skip in Skip::ALL {
        family.sample(&[("reason", skip.code())], stats.uncompressed(skip));
    }
}

/// The counters of a table, for each of the things that have them, by the name that stands under `label`.
pub fn write_tallies<'a, R: Row>(to: &mut Exposition, label: &str, tallies: &[(&'a str, &'a Tally<R>)]) {
    for row in R::ALL {
        let mut family = family(to, *row);
        for (name, tally) in tallies {
            let labels: [Label<'_>; 1] = [(label, name)];
            family.sample(&labels, tally.total(*row));
        }
    }
}

fn family<R: Row>(to: &mut Exposition, row: R) -> Family<'_> {
    let shape = match row.kind() {
        Kind::Counter => Shape::Counter,
        Kind::Gauge => Shape::Gauge,
    };
    to.family(row.name(), shape, row.help())
}
