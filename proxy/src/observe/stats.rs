//! The counters of the process: one table, one shard per worker and one for the control thread.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::outcome::Reason;

#[cfg(test)]
mod tests;

/// What a number does over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
}

macro_rules! counters {
    ($($name:ident = $metric:literal, $kind:ident, $help:literal;)*) => {
        /// What is counted for the process as a whole: one row of the table each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Counter { $(#[doc = $help] $name),* }

        impl Counter {
            /// Every counter, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name of its metric family, without `_total`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $metric),* }
            }

            /// Whether it can fall.
            #[must_use]
            pub fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind),* }
            }

            /// What it counts, for people.
            #[must_use]
            pub fn help(self) -> &'static str {
                match self { $(Self::$name => $help),* }
            }
        }
    };
}

counters! {
    DownstreamConnections = "towpath_downstream_connections", Counter, "Connections accepted from clients.";
    DownstreamOpen = "towpath_downstream_connections_open", Gauge, "Connections from clients that are open.";
    DownstreamRefused = "towpath_downstream_connections_refused", Counter, "Connections closed at once because of a connection limit.";
    LingersCut = "towpath_downstream_lingers_cut", Counter, "Connections cut off because the client did not end within linger_timeout and linger_bytes of its last answer.";
    UpstreamConnections = "towpath_upstream_connections", Counter, "Connections opened to endpoints.";
    UpstreamConnectFailures = "towpath_upstream_connect_failures", Counter, "Connections to endpoints that could not be opened.";
    UpstreamReused = "towpath_upstream_reused", Counter, "Requests sent on a connection that was used before.";
    UpstreamReusedReset = "towpath_upstream_reused_reset", Counter, "Reused connections that died before any byte of the answer.";
    UpstreamRetries = "towpath_upstream_retries", Counter, "Requests sent again on a fresh connection.";
    UpstreamNotReplayed = "towpath_upstream_not_replayed", Counter, "Requests not sent again because more of their body than replay_bytes had left.";
    UpstreamPoolEvicted = "towpath_upstream_pool_evicted", Counter, "Idle connections dropped because the endpoint closed them.";
    RequestsCancelled = "towpath_requests_cancelled", Counter, "Requests whose client went away before the answer was whole.";
    BytesReceived = "towpath_downstream_received_bytes", Counter, "Bytes read from clients.";
    BytesSent = "towpath_downstream_sent_bytes", Counter, "Bytes written to clients.";
    Explained = "towpath_explained", Counter, "Answers that say how they came about, because the request asked.";
    ExplainRefused = "towpath_explain_refused", Counter, "Requests that asked how their answer came about and may not.";
    Tunnels = "towpath_tunnels", Counter, "Upgrades and CONNECT requests that became tunnels.";
    TunnelsOpen = "towpath_tunnels_open", Gauge, "Tunnels that are open.";
    TunnelsTimedOut = "towpath_tunnels_timed_out", Counter, "Tunnels that were ended because they stood still for too long.";
    Reloads = "towpath_reloads", Counter, "Route tables that went live after the first one.";
    ReloadsRejected = "towpath_reloads_rejected", Counter, "Route tables that were refused; the old one stayed.";
    MemoryPressures = "towpath_memory_pressures", Counter, "Times that memory came nearer to its limit: from low to high, or to full.";
    AdminConnections = "towpath_admin_connections", Counter, "Connections accepted by the admin port.";
    AdminDisplaced = "towpath_admin_connections_displaced", Counter, "Connections to the admin port that were ended to make room for new ones.";
    AdminTimedOut = "towpath_admin_timeouts", Counter, "Connections to the admin port whose client took longer than admin_timeout.";
    WorkerPanics = "towpath_worker_panics", Counter, "Connections that were given up because of a bug of the proxy.";
    WorkerRestarts = "towpath_worker_restarts", Counter, "Workers that a bug of the proxy ended and that began anew; they lost their connections.";
    ListenerErrors = "towpath_listener_errors", Counter, "Failures to accept a connection.";
    LogDropped = "towpath_log_dropped", Counter, "Log lines dropped because the log could not be written fast enough.";
}

/// The counters of one thread, on cache lines of their own. Only that thread writes, so a load and a store are enough.
#[derive(Debug)]
#[repr(align(128))]
pub struct Shard {
    counts: [AtomicU64; Counter::ALL.len()],
    local_replies: [AtomicU64; Reason::ALL.len()],
}

fn change(count: Option<&AtomicU64>, by: u64) {
    if let Some(count) = count {
        count.store(count.load(Ordering::Relaxed).wrapping_add(by), Ordering::Relaxed);
    }
}

impl Shard {
    fn empty() -> Self {
        Self {
            counts: [const { AtomicU64::new(0) }; Counter::ALL.len()],
            local_replies: [const { AtomicU64::new(0) }; Reason::ALL.len()],
        }
    }

    /// Counts up.
    pub fn add(&self, counter: Counter, count: u64) {
        change(self.counts.get(counter as usize), count);
    }

    /// Counts down; for gauges. What one thread counted up, another may count down: only the sum is shown.
    pub fn sub(&self, counter: Counter, count: u64) {
        change(self.counts.get(counter as usize), count.wrapping_neg());
    }

    /// Counts an answer that the proxy made by itself.
    pub fn local_reply(&self, reason: Reason) {
        change(self.local_replies.get(reason as usize), 1);
    }
}

/// The counters of the process.
#[derive(Debug)]
pub struct Stats {
    control: Shard,
    workers: Box<[Shard]>,
}

impl Stats {
    /// All zero, for so many workers.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        Self { control: Shard::empty(), workers: (0..workers).map(|_| Shard::empty()).collect() }
    }

    /// The shard of a worker; the control thread's when there is no such worker.
    #[must_use]
    pub fn shard(&self, worker: usize) -> &Shard {
        self.workers.get(worker).unwrap_or(&self.control)
    }

    /// The shard of the control thread.
    #[must_use]
    pub fn control(&self) -> &Shard {
        &self.control
    }

    /// The sum over all threads.
    #[must_use]
    pub fn total(&self, counter: Counter) -> u64 {
        self.sum(|shard| shard.counts.get(counter as usize))
    }

    /// How many answers were made for this reason.
    #[must_use]
    pub fn local_replies(&self, reason: Reason) -> u64 {
        self.sum(|shard| shard.local_replies.get(reason as usize))
    }

    fn sum<'a>(&'a self, pick: impl Fn(&'a Shard) -> Option<&'a AtomicU64>) -> u64 {
        self.workers
            .iter()
            .chain([&self.control])
            .filter_map(pick)
            .fold(0, |sum, count| sum.wrapping_add(count.load(Ordering::Relaxed)))
    }
}
