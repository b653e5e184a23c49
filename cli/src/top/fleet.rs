//! A fleet, by what its proxies tell the control server.

use std::cmp::Ordering;

use serde_json::Value;

use super::view::{Sort, Tone, Toned};
use super::watch::{Look, Options, watch};
use crate::client::server::{Ask, Server, count, text};
use crate::text::aligned;

#[cfg(test)]
mod tests;

const HEADING: [&str; 8] =
    ["namespace", "route", "destination", "     rate", "  errors", "     p50", "     p90", "     p99"];

/// Shows a fleet until it is told to end.
///
/// # Errors
/// The control server does not answer, or not as asked.
pub async fn run(server: &Server, options: &Options) -> anyhow::Result<()> {
    watch(
        options,
        Fleet { server, window: format!("{}s", options.interval.as_secs().max(1)), traffic: Value::Null },
    )
    .await
}

struct Fleet<'s> {
    server: &'s Server,
    window: String,
    traffic: Value,
}

impl Look for Fleet<'_> {
    async fn again(&mut self) -> anyhow::Result<()> {
        let ask = Ask::new(self.server, "GET", "/api/v1/metrics").in_namespace();
        self.traffic = ask.with("window", self.window.clone()).value_soon().await?;
        Ok(())
    }

    fn lines(&self, sort: Sort) -> Vec<Toned> {
        lines(&self.traffic, sort)
    }
}

fn number(value: &Value, key: &str) -> f64 {
    value.get(key).and_then(Value::as_f64).unwrap_or_default()
}

fn lines(traffic: &Value, sort: Sort) -> Vec<Toned> {
    let seconds = number(traffic, "seconds");
    let mut series: Vec<_> = traffic.get("series").and_then(Value::as_array).into_iter().flatten().collect();
    // they come by name, and a stable order keeps that
    series.sort_by(|left, right| match sort {
        Sort::Rate => number(right, "requests").total_cmp(&number(left, "requests")),
        Sort::Errors => number(right, "errors").total_cmp(&number(left, "errors")),
        Sort::P99 => number(right, "p99_ms").total_cmp(&number(left, "p99_ms")),
        Sort::Name => Ordering::Equal,
    });
    let tones = series.iter().map(|one| match (count(one, "errors"), count(one, "requests")) {
        (1.., _) => Tone::Bad,
        (0, 0) => Tone::Idle,
        (0, _) => Tone::Plain,
    });
    let tones = std::iter::once(Tone::Heading).chain(tones);
    let cells: Vec<_> = series.iter().map(|one| cells(one, seconds)).collect();
    let head = format!("{} proxies, the last {seconds:.0}s", count(traffic, "proxies"));
    let table = aligned(HEADING, &cells);
    let head = [(Tone::Heading, head), (Tone::Plain, String::new())];
    head.into_iter().chain(tones.zip(table.lines().map(str::to_owned))).collect()
}

fn cells(one: &Value, seconds: f64) -> [String; HEADING.len()] {
    let requests = number(one, "requests");
    let share = 100.0 * number(one, "errors") / requests.max(1.0);
    let time = |key: &str| match one.get(key).and_then(Value::as_f64) {
        Some(time) if time < 999.5 => format!("{:>8}", format!("{time:.1}ms")),
        Some(time) => format!("{:>8}", format!("{:.1}s", time / 1000.0)),
        None => format!("{:>8}", "-"),
    };
    let route = match (text(one, "route"), text(one, "class")) {
        ("", _) => "(no route)".to_owned(),
        (route, "") => route.to_owned(),
        (route, class) => format!("{route} ({class})"),
    };
    let destination = match (text(one, "cluster"), text(one, "subset")) {
        ("", _) => "(the proxy itself)".to_owned(),
        (cluster, "") => cluster.to_owned(),
        (cluster, subset) => format!("{cluster}/{subset}"),
    };
    let rate = format!("{:>7.1}/s", requests / seconds.max(f64::EPSILON));
    let [p50, p90, p99] = ["p50_ms", "p90_ms", "p99_ms"].map(time);
    [text(one, "namespace").to_owned(), route, destination, rate, format!("{share:>7.2}%"), p50, p90, p99]
}
