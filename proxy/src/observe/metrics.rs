//! The families that show what the workers counted.

use std::sync::Arc;
use std::time::Duration;

use crate::observe::expose::{Exposition, Label, Shape};
use crate::observe::series::{CODES, Series, SeriesBook, Totals};
use crate::observe::stats::{Counter, Kind, Stats};
use crate::outcome::Reason;

#[cfg(test)]
mod tests;

/// The bounds of the buckets that are shown.
const BOUNDS: [Duration; 16] = {
    let millis = Duration::from_millis;
    [
        Duration::from_micros(500),
        millis(1),
        Duration::from_micros(2_500),
        millis(5),
        millis(10),
        millis(25),
        millis(50),
        millis(100),
        millis(250),
        millis(500),
        millis(1_000),
        millis(2_500),
        millis(5_000),
        millis(10_000),
        millis(30_000),
        millis(60_000),
    ]
};

/// Requests by route and destination: how many, how long, how much.
pub fn write_series(to: &mut Exposition, book: &SeriesBook) {
    // a series is shown once it has something to show: tables may have thousands of routes
    let rows: Vec<_> = book
        .all()
        .iter()
        .map(|series| (Arc::clone(series), series.totals()))
        .filter(|(_, totals)| totals.count() > 0)
        .collect();
    let rows = || rows.iter().map(|(series, totals)| (series.as_ref(), totals));
    write_requests(to, rows());
    write_durations(to, rows());
    let mut family = to.family(
        "towpath_request_bytes",
        Shape::Counter,
        "Bytes of request bodies, by route and destination.",
    );
    rows().for_each(|(series, totals)| family.sample(&series.key().labels(), totals.request_bytes));
    let mut family = to.family(
        "towpath_response_bytes",
        Shape::Counter,
        "Bytes of response bodies, by route and destination.",
    );
    rows().for_each(|(series, totals)| family.sample(&series.key().labels(), totals.response_bytes));
}

fn write_requests<'a>(to: &mut Exposition, rows: impl Iterator<Item = (&'a Series, &'a Totals)>) {
    let mut family =
        to.family("towpath_requests", Shape::Counter, "Requests, by route, destination and class of status.");
    for (series, totals) in rows {
        for (code, count) in CODES.into_iter().zip(totals.codes).filter(|(_, count)| *count > 0) {
            let labels: Vec<Label<'_>> = series.key().labels().into_iter().chain([("code", code)]).collect();
            family.sample(&labels, count);
        }
    }
}

fn write_durations<'a>(to: &mut Exposition, rows: impl Iterator<Item = (&'a Series, &'a Totals)>) {
    let help = "From the first byte of a request to the last byte of its answer.";
    let mut family = to.family("towpath_request_duration_seconds", Shape::Histogram, help);
    for (series, totals) in rows {
        let below = totals.latency.cumulative(&BOUNDS);
        let buckets: Vec<_> = BOUNDS.iter().map(Duration::as_secs_f64).zip(below).collect();
        let (count, sum) = (totals.latency.count(), totals.latency.sum().as_secs_f64());
        family.histogram(&series.key().labels(), &buckets, count, sum);
    }
}

/// The counters of the process, and the answers it made by itself.
pub fn write_stats(to: &mut Exposition, stats: &Stats) {
    for counter in Counter::ALL {
        let shape = match counter.kind() {
            Kind::Counter => Shape::Counter,
            Kind::Gauge => Shape::Gauge,
        };
        to.family(counter.name(), shape, counter.help()).sample(&[], stats.total(*counter));
    }
    let help = "Answers that the proxy made by itself, by reason.";
    let mut family = to.family("towpath_local_replies", Shape::Counter, help);
    for reason in Reason::ALL {
        family.sample(&[("reason", reason.code())], stats.local_replies(*reason));
    }
}
