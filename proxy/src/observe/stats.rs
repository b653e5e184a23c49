//! The counters of the process: one table, one shard per worker and one for the control thread.

use std::sync::atomic::{AtomicU64, Ordering};

use towpath_config::model::Algorithm;

use crate::observe::rows::{Row, rows};
use crate::outcome::Reason;

mod compression;

#[cfg(test)]
mod tests;

pub use compression::{CompressionShard, Skip};

rows! {
    /// What is counted for the process as a whole: one row of the table each.
    pub enum Counter {
        RequestsCancelled = "towpath_requests_cancelled", Counter, "Requests whose client went away before the answer was whole.";
        Explained = "towpath_explained", Counter, "Answers that say how they came about, because the request asked.";
        ExplainRefused = "towpath_explain_refused", Counter, "Requests that asked how their answer came about and may not.";
        Tunnels = "towpath_tunnels", Counter, "Upgrades and CONNECT requests that became tunnels.";
        TunnelsOpen = "towpath_tunnels_open", Gauge, "Tunnels that are open.";
        BytesSpliced = "towpath_spliced_bytes", Counter, "Octets of bodies and tunnels that went from socket to socket without a copy into the process.";
        PipesLacking = "towpath_splice_pipes_lacking", Counter, "Times that octets were copied because no pipe was to be had.";
        TunnelsTimedOut = "towpath_tunnels_timed_out", Counter, "Tunnels that were ended because they stood still for too long.";
        Reloads = "towpath_reloads", Counter, "Route tables that went live after the first one.";
        ReloadsRejected = "towpath_reloads_rejected", Counter, "Route tables that were refused; the old one stayed.";
        ControlConnects = "towpath_control_connects", Counter, "Streams from the control server that came about.";
        ControlFailures = "towpath_control_failures", Counter, "Streams from the control server that could not be had, or ended.";
        ControlRejections = "towpath_control_rejections", Counter, "Resources of the control server that were rejected.";
        ControlStoreFailures = "towpath_control_store_failures", Counter, "Times that the last good table could not be written to the disk.";
        ControlReports = "towpath_control_reports", Counter, "Reports of counts that were sent to the control server.";
        ControlReportsDropped = "towpath_control_reports_dropped", Counter, "Reports that were dropped because the control server does not take them.";
        HostWaits = "towpath_host_waits", Counter, "Requests that waited for their host to be fetched from the control server.";
        MemoryPressures = "towpath_memory_pressures", Counter, "Times that memory came nearer to its limit: from low to high, or to full.";
        AdminConnections = "towpath_admin_connections", Counter, "Connections accepted by the admin port.";
        AdminDisplaced = "towpath_admin_connections_displaced", Counter, "Connections to the admin port that were ended to make room for new ones.";
        AdminTimedOut = "towpath_admin_timeouts", Counter, "Connections to the admin port whose client took longer than admin_timeout.";
        UpgradesFailed = "towpath_upgrades_failed", Counter, "New processes that did not come to serve in the place of this one.";
        WorkerPanics = "towpath_worker_panics", Counter, "Connections that were given up because of a bug of the proxy.";
        WorkerRestarts = "towpath_worker_restarts", Counter, "Workers that a bug of the proxy ended and that began anew; they lost their connections.";
        ListenerErrors = "towpath_listener_errors", Counter, "Failures to accept a connection.";
        LogDropped = "towpath_log_dropped", Counter, "Lines of the process log that were dropped: too many about single requests, or written too slowly.";
    }
}

/// The counters of one thread, on cache lines of their own. Only that thread writes, so a load and a store are enough.
#[derive(Debug)]
#[repr(align(128))]
pub struct Shard {
    counts: [AtomicU64; Counter::ALL.len()],
    local_replies: [AtomicU64; Reason::ALL.len()],
    compression: CompressionShard,
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
            compression: CompressionShard::default(),
        }
    }

    /// What compression does.
    #[must_use]
    pub fn compression(&self) -> &CompressionShard {
        &self.compression
    }

    /// Counts up.
    pub fn add(&self, counter: Counter, count: u64) {
        change(self.counts.get(counter.position()), count);
    }

    /// Counts down; for gauges. What one thread counted up, another may count down: only the sum is shown.
    pub fn sub(&self, counter: Counter, count: u64) {
        change(self.counts.get(counter.position()), count.wrapping_neg());
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
        self.sum(|shard| shard.counts.get(counter.position()))
    }

    /// How many answers were made for this reason.
    #[must_use]
    pub fn local_replies(&self, reason: Reason) -> u64 {
        self.sum(|shard| shard.local_replies.get(reason as usize))
    }

    /// What was compressed by this algorithm: answers, octets before, octets after.
    #[must_use]
    pub fn compressed(&self, algorithm: Algorithm) -> [u64; 3] {
        self.shards().map(|shard| shard.compression.totals(algorithm)).fold([0; 3], |sum, one| {
            let [answers, before, after] = sum;
            [answers + one[0], before + one[1], after + one[2]]
        })
    }

    /// How many answers were not compressed for this reason.
    #[must_use]
    pub fn uncompressed(&self, skip: Skip) -> u64 {
        self.shards().map(|shard| shard.compression.skips(skip)).sum()
    }

    fn shards(&self) -> impl Iterator<Item = &Shard> {
        self.workers.iter().chain([&self.control])
    }

    fn sum<'a>(&'a self, pick: impl Fn(&'a Shard) -> Option<&'a AtomicU64>) -> u64 {
        self.shards().filter_map(pick).fold(0, |sum, count| sum.wrapping_add(count.load(Ordering::Relaxed)))
    }
}
