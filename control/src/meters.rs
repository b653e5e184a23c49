//! What the server counts of itself, and its text for Prometheus.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// Declares the counters: each has a name without `towpath_control_` and `_total`, and a line of help.
macro_rules! counters {
    ($($counter:ident $name:literal $help:literal,)+) => {
        /// Something that is counted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Counter {
            $(#[doc = $help] $counter,)+
        }

        const ROWS: &[(Counter, &str, &str)] = &[$((Counter::$counter, $name, $help),)+];
    };
}

counters! {
    Streams "streams" "Streams of proxies that were let in.",
    StreamsRefused "streams_refused" "Streams of proxies that were refused: too many, nobody said who asks, or there is no revision yet.",
    StreamsReplaced "streams_replaced" "Streams that ended because the same proxy opened another one.",
    StreamsAged "streams_aged" "Streams that ended because of their age.",
    ConnectionsRefused "connections_refused" "Connections of proxies that were closed at once: too many.",
    Responses "responses" "Messages that were sent to proxies.",
    ResponseBytes "response_bytes" "Octets of resources that were sent to proxies.",
    Acknowledged "acknowledged" "Messages that proxies took.",
    Rejected "rejected" "Messages of which proxies rejected something.",
    Delayed "messages_delayed" "Times that a stream was read more slowly because it sent too much.",
    HostsUnanswered "hosts_unanswered" "Hosts that proxies asked for and were not told of: too many of the namespace are asked for.",
    Views "views" "Views that were computed: what proxies of one kind may see.",
    Reports "reports" "Reports of traffic that proxies sent.",
    ReportsCut "reports_cut" "Reports of which something was left out: names too long, lists too long.",
    Revisions "revisions" "Changes of the mesh that were accepted.",
    ChangesRefused "changes_refused" "Changes of the mesh that could not be kept or written.",
    QuotaRefusals "quota_refusals" "Documents that were rejected because their namespace would have more than its quotas.",
    Reverted "staged_reverts" "Revisions that staged push took back.",
}

/// The counters of one server.
#[derive(Debug)]
pub struct Meters([AtomicU64; ROWS.len()]);

impl Default for Meters {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; ROWS.len()])
    }
}

impl Meters {
    /// Counts something so many times.
    pub fn add(&self, counter: Counter, count: u64) {
        if let Some(cell) = self.0.get(counter as usize) {
            cell.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// How often it was counted.
    #[must_use]
    pub fn get(&self, counter: Counter) -> u64 {
        self.0.get(counter as usize).map_or(0, |cell| cell.load(Ordering::Relaxed))
    }

    /// All of them as Prometheus reads them, and gauges after them: name, help, value.
    #[must_use]
    pub fn text(&self, gauges: impl IntoIterator<Item = ((&'static str, &'static str), f64)>) -> String {
        let mut text = String::new();
        // writing to a string cannot fail
        for (counter, name, help) in ROWS {
            let _ = write!(
                text,
                "# HELP towpath_control_{name}_total {help}\n# TYPE towpath_control_{name}_total counter\n\
                 towpath_control_{name}_total {}\n",
                self.get(*counter)
            );
        }
        for ((name, help), value) in gauges {
            let _ = write!(
                text,
                "# HELP towpath_control_{name} {help}\n# TYPE towpath_control_{name} gauge\n\
                 towpath_control_{name} {value}\n"
            );
        }
        text
    }
}

#[cfg(test)]
mod tests;
