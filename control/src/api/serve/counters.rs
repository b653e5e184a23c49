//! What the API counts of itself.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::StatusCode;

/// The counters of the API.
#[derive(Debug, Default)]
pub(in crate::api) struct Counters {
    /// Answers by the first digit of their status, from 1 on.
    answers: [AtomicU64; 5],
    connections: AtomicU64,
    displaced: AtomicU64,
    shed: AtomicU64,
    late: AtomicU64,
    refused: AtomicU64,
    unnoted: AtomicU64,
    cut: AtomicU64,
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counters {
    pub(super) fn answered(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).wrapping_sub(1);
        self.answers.get(class).into_iter().for_each(add);
    }

    pub(super) fn connected(&self) {
        add(&self.connections);
    }

    /// A connection ended for a new one.
    pub(super) fn displaced(&self) {
        add(&self.displaced);
    }

    /// A request was turned away because too many were under way.
    pub(super) fn shed(&self) {
        add(&self.shed);
    }

    /// A request or a client took too long.
    pub(super) fn late(&self) {
        add(&self.late);
    }

    /// Somebody was not let in.
    pub(super) fn refused(&self) {
        add(&self.refused);
    }

    /// Somebody was refused so often that the audit log has no more of it.
    pub(in crate::api) fn unnoted(&self) {
        add(&self.unnoted);
    }

    /// Somebody who followed events did not read in time.
    pub(in crate::api) fn followers_cut(&self) {
        add(&self.cut);
    }

    /// Writes them in the text format of Prometheus.
    pub(in crate::api) fn write(&self, out: &mut String) {
        let plain = [
            ("connections", "Connections that were accepted.", &self.connections),
            (
                "displaced",
                "Connections that ended for a new one, because too many were open.",
                &self.displaced,
            ),
            ("shed", "Requests that were turned away, because too many were under way.", &self.shed),
            ("timed_out", "Requests and clients that took too long.", &self.late),
            ("logins_refused", "Requests that were not let in.", &self.refused),
            (
                "refusals_unnoted",
                "Refusals that the audit log has no line of, because their caller had too many.",
                &self.unnoted,
            ),
            ("events_cut", "Clients that followed events and did not read in time.", &self.cut),
        ];
        let name = "towpath_control_api_answers_total";
        _ = writeln!(out, "# HELP {name} Answers by the class of their status.\n# TYPE {name} counter");
        for (class, counter) in self.answers.iter().enumerate() {
            _ = writeln!(out, "{name}{{class=\"{}xx\"}} {}", class + 1, counter.load(Ordering::Relaxed));
        }
        for (name, about, counter) in plain {
            let name = format!("towpath_control_api_{name}_total");
            _ = writeln!(out, "# HELP {name} {about}\n# TYPE {name} counter");
            _ = writeln!(out, "{name} {}", counter.load(Ordering::Relaxed));
        }
    }
}

#[cfg(test)]
mod tests;
