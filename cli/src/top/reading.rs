//! What a proxy had counted at one moment, and what came between two of them.

use std::collections::BTreeMap;

use super::exposition::{Sample, samples};

#[cfg(test)]
mod tests;

/// Whose requests are counted together.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) route: String,
    pub(super) cluster: String,
    pub(super) subset: String,
    pub(super) class: String,
    /// Whether it is the connections of TCP listeners that are counted.
    pub(super) tcp: bool,
}

impl Key {
    fn of(sample: &Sample<'_>) -> Self {
        let label = |name| sample.label(name).to_owned();
        Self {
            route: label("route"),
            cluster: label("cluster"),
            subset: label("subset"),
            class: label("class"),
            tcp: sample.name.starts_with("towpath_tcp_"),
        }
    }
}

/// How connections end that nothing was wrong with, or that the client broke off.
const ENDS: [&str; 4] = ["closed", "idle-timeout", "cut", "client-gone"];

/// What is counted of them: requests, or connections that have ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) requests: f64,
    /// Answered 5xx, or with such a status of gRPC, or not carried.
    pub(super) errors: f64,
    /// Ascending bounds in seconds, each with how many took no longer; the last bound is infinite.
    buckets: Vec<(f64, f64)>,
}

/// A duration that a share of the requests did not exceed.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) enum Quantile {
    /// So many seconds, as far as the buckets tell.
    Within(f64),
    /// More than the last bound, in seconds.
    Beyond(f64),
}

impl Counts {
    /// What came since `before`. A count that fell began anew with the process.
    fn since(&self, before: Option<&Self>) -> Self {
        let Some(before) = before.filter(|before| before.requests <= self.requests) else {
            return self.clone();
        };
        let old =
            |bound: f64| before.buckets.iter().find(|(known, _)| *known == bound).map_or(0.0, |old| old.1);
        Self {
            requests: self.requests - before.requests,
            errors: (self.errors - before.errors).max(0.0),
            buckets: self
                .buckets
                .iter()
                .map(|(bound, count)| (*bound, (count - old(*bound)).max(0.0)))
                .collect(),
        }
    }

    /// Adds the counts of others. All have the same bounds, or none.
    pub(super) fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.errors += other.errors;
        if self.buckets.is_empty() {
            self.buckets.clone_from(&other.buckets);
            return;
        }
        for ((_, all), (_, more)) in self.buckets.iter_mut().zip(&other.buckets) {
            *all += more;
        }
    }

    /// The duration that a share `q` did not exceed, even within a bucket (as `histogram_quantile` has it).
    pub(super) fn quantile(&self, q: f64) -> Option<Quantile> {
        let total = self.buckets.last().map(|(_, count)| *count).filter(|total| *total > 0.0)?;
        let rank = q * total;
        let position = self.buckets.iter().position(|(_, count)| *count >= rank)?;
        let (low, below) =
            position.checked_sub(1).and_then(|before| self.buckets.get(before)).copied().unwrap_or_default();
        let (high, count) = self.buckets.get(position).copied()?;
        if high.is_infinite() {
            return Some(Quantile::Beyond(low));
        }
        let inside = if count > below { (rank - below) / (count - below) } else { 1.0 };
        Some(Quantile::Within(low + (high - low) * inside))
    }
}

/// What a proxy is and has just now.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Process {
    pub(super) version: String,
    pub(super) id: String,
    pub(super) generation: f64,
    pub(super) rejected: bool,
    pub(super) reloads: f64,
    pub(super) drain_stage: f64,
    pub(super) downstream: f64,
    pub(super) upstream: f64,
    pub(super) pending: f64,
}

/// Everything that one answer of `/metrics` said.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Reading {
    pub(super) process: Process,
    pub(super) series: BTreeMap<Key, Counts>,
}

impl Reading {
    /// Reads an answer; `None` when it is not that of a proxy.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut reading = Self::default();
        for sample in samples(text) {
            reading.take(&sample);
        }
        (reading.process.generation > 0.0).then_some(reading)
    }

    fn take(&mut self, sample: &Sample<'_>) {
        let (process, value) = (&mut self.process, sample.value);
        match sample.name {
            "towpath_build_info" => {
                sample.label("version").clone_into(&mut process.version);
                sample.label("id").clone_into(&mut process.id);
            }
            "towpath_config_generation" => process.generation = value,
            "towpath_config_rejected" => process.rejected = value > 0.0,
            "towpath_reloads_total" => process.reloads = value,
            "towpath_drain_stage" => process.drain_stage = value,
            "towpath_downstream_connections_open" => process.downstream += value,
            "towpath_cluster_connections" => process.upstream += value,
            "towpath_cluster_pending" => process.pending += value,
            "towpath_requests_total" => {
                let counts = self.series.entry(Key::of(sample)).or_default();
                counts.requests += value;
            }
            "towpath_request_failures_total" => {
                self.series.entry(Key::of(sample)).or_default().errors += value;
            }
            "towpath_tcp_connections_total" => {
                let counts = self.series.entry(Key::of(sample)).or_default();
                counts.requests += value;
                counts.errors += if ENDS.contains(&sample.label("end")) { 0.0 } else { value };
            }
            "towpath_request_duration_seconds_bucket" | "towpath_tcp_connection_duration_seconds_bucket" => {
                let Ok(bound) = sample.label("le").parse() else { return };
                self.series.entry(Key::of(sample)).or_default().buckets.push((bound, value));
            }
            _ => {}
        }
    }

    /// What was counted between two readings.
    pub(super) fn since(&self, before: &Self) -> BTreeMap<Key, Counts> {
        let since = |(key, counts): (&Key, &Counts)| (key.clone(), counts.since(before.series.get(key)));
        self.series.iter().map(since).collect()
    }
}
