//! What was counted in some time.

use towpath_wire::telemetry::{Series, Sketch};

use super::ring::Sum;

/// Classes of status: 1xx to 5xx, and others.
pub const CODES: usize = 6;

/// Ends of connections of TCP listeners that are no failures: in order, or by the client.
const ENDS: [&str; 4] = ["closed", "idle-timeout", "cut", "client-gone"];

/// Requests of one series in some time, or its connections.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tally {
    /// By class of status: 1xx to 5xx, and others.
    pub codes: [u64; CODES],
    /// Those that failed.
    pub failures: u64,
    /// Octets from clients: of bodies, or of connections.
    pub request_bytes: u64,
    /// Octets to clients.
    pub response_bytes: u64,
    /// Connections of TCP listeners that ended.
    pub connections: u64,
    /// Those of them that were not carried, or broken off by the endpoint.
    pub connections_failed: u64,
    /// How long they took; nothing is kept of nothing.
    latency: Option<Box<Sketch>>,
}

impl Tally {
    /// What a proxy counted.
    #[must_use]
    pub fn of(series: Series) -> Self {
        let mut codes = [0; CODES];
        for (total, count) in codes.iter_mut().zip(series.codes) {
            *total = count;
        }
        let latency = series.latency.as_ref().filter(|latency| latency.count() > 0).cloned().map(Box::new);
        let ended = |failed: bool| {
            let ends = series.connections.iter().filter(|end| !failed || !ENDS.contains(&end.name.as_str()));
            ends.fold(0_u64, |sum, end| sum.saturating_add(end.count))
        };
        Self {
            codes,
            failures: series.failures,
            request_bytes: series.request_bytes,
            response_bytes: series.response_bytes,
            connections: ended(false),
            connections_failed: ended(true),
            latency,
        }
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// All requests.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.codes.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// How long they took.
    #[must_use]
    pub fn latency(&self) -> Option<&Sketch> {
        self.latency.as_deref()
    }
}

impl Sum for Tally {
    fn add(&mut self, other: &Self) {
        for (total, count) in self.codes.iter_mut().zip(other.codes) {
            *total = total.saturating_add(count);
        }
        for (total, count) in [
            (&mut self.failures, other.failures),
            (&mut self.request_bytes, other.request_bytes),
            (&mut self.response_bytes, other.response_bytes),
            (&mut self.connections, other.connections),
            (&mut self.connections_failed, other.connections_failed),
        ] {
            *total = total.saturating_add(count);
        }
        if let Some(latency) = &other.latency {
            self.latency.get_or_insert_default().merge(latency);
        }
    }
}
