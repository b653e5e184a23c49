//! A fleet, by what its proxies tell the control server.

use std::cmp::Ordering;

use serde_json::Value;

use super::view::{Sort, Tone, Toned};
use super::watch::{Look, Options, watch};
use crate::client::server::{Ask, Server, count, text};
use crate::text::aligned;

#[cfg(test)]
mod tests;

const HEADING: [&str; 10] = [
    "namespace",
    "route",
    "destination",
    "     rate",
    "  errors",
    "     p50",
    "     p90",
    "     p99",
    "       in",
    "      out",
];

/// What happens all the time towards endpoints.
const USUAL: [&str; 2] = ["towpath_upstream_connections", "towpath_upstream_reused"];

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

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// Requests, or connections of a TCP listener: a route has either.
fn ended(one: &Value) -> f64 {
    number(one, "requests") + number(one, "connections")
}

fn failed(one: &Value) -> f64 {
    number(one, "errors") + number(one, "connections_failed")
}

fn lines(traffic: &Value, sort: Sort) -> Vec<Toned> {
    let seconds = number(traffic, "seconds");
    let mut series: Vec<_> = list(traffic, "series").collect();
    // they come by name, and a stable order keeps that
    series.sort_by(|left, right| match sort {
        Sort::Rate => ended(right).total_cmp(&ended(left)),
        Sort::Errors => failed(right).total_cmp(&failed(left)),
        Sort::P99 => number(right, "p99_ms").total_cmp(&number(left, "p99_ms")),
        Sort::Name => Ordering::Equal,
    });
    let tones = series.iter().map(|one| match (failed(one), ended(one)) {
        (1.0.., _) => Tone::Bad,
        (_, 1.0..) => Tone::Plain,
        _ => Tone::Idle,
    });
    let tones = std::iter::once(Tone::Heading).chain(tones);
    let cells: Vec<_> = series.iter().map(|one| cells(one, seconds)).collect();
    let head = format!("{} proxies, the last {seconds:.0}s", count(traffic, "proxies"));
    let table = aligned(HEADING, &cells);
    let head = [(Tone::Heading, head), (Tone::Plain, String::new())];
    let table = tones.zip(table.lines().map(str::to_owned));
    head.into_iter().chain(table).chain(besides(traffic)).collect()
}

/// What else happened: towards endpoints, and where the proxies answered by themselves.
fn besides(traffic: &Value) -> Vec<Toned> {
    let clusters = list(traffic, "clusters").map(|one| (text(one, "cluster"), one, "counts"));
    let replies = list(traffic, "local_replies").map(|one| ("(the proxy itself)", one, "reasons"));
    let mut lines = Vec::new();
    for (of, one, key) in clusters.chain(replies) {
        let counts = one.get(key).and_then(Value::as_object).into_iter().flatten();
        let counts = counts.filter(|(name, _)| !USUAL.contains(&name.as_str())).map(|(name, count)| {
            let name = name.strip_prefix("towpath_upstream_").unwrap_or(name);
            format!("{} {count}", name.replace('_', " "))
        });
        let counts: Vec<_> = counts.collect();
        if !counts.is_empty() {
            lines.push((Tone::Plain, format!("{}  {of}: {}", text(one, "namespace"), counts.join(", "))));
        }
    }
    if !lines.is_empty() {
        lines.insert(0, (Tone::Plain, String::new()));
    }
    lines
}

fn cells(one: &Value, seconds: f64) -> [String; HEADING.len()] {
    let share = 100.0 * failed(one) / ended(one).max(1.0);
    let time = |key: &str| match one.get(key).and_then(Value::as_f64) {
        Some(time) if time < 999.5 => format!("{:>8}", format!("{time:.1}ms")),
        Some(time) => format!("{:>8}", format!("{:.1}s", time / 1000.0)),
        None => format!("{:>8}", "-"),
    };
    let protocol = (number(one, "connections") > 0.0).then_some("tcp");
    let class = Some(text(one, "class")).filter(|class| !class.is_empty());
    let notes: Vec<_> = protocol.into_iter().chain(class).collect();
    let route = match (text(one, "route"), notes.join(", ").as_str()) {
        ("", _) => "(no route)".to_owned(),
        (route, "") => route.to_owned(),
        (route, notes) => format!("{route} ({notes})"),
    };
    let destination = match (text(one, "cluster"), text(one, "subset")) {
        ("", _) => "(the proxy itself)".to_owned(),
        (cluster, "") => cluster.to_owned(),
        (cluster, subset) => format!("{cluster}/{subset}"),
    };
    let seconds = seconds.max(f64::EPSILON);
    let rate = format!("{:>7.1}/s", ended(one) / seconds);
    let [received, sent] = ["request_bytes", "response_bytes"].map(|key| octets(number(one, key) / seconds));
    let [p50, p90, p99] = ["p50_ms", "p90_ms", "p99_ms"].map(time);
    let namespace = text(one, "namespace").to_owned();
    [namespace, route, destination, rate, format!("{share:>7.2}%"), p50, p90, p99, received, sent]
}

/// Octets per second.
fn octets(rate: f64) -> String {
    let (value, unit) = match rate {
        ..1000.0 => (rate, "B"),
        ..1e6 => (rate / 1e3, "kB"),
        ..1e9 => (rate / 1e6, "MB"),
        _ => (rate / 1e9, "GB"),
    };
    format!("{:>9}", format!("{value:.1}{unit}/s"))
}
