//! What is counted for each listener and each cluster: one cell per thread and row, added up when it is read.

use std::marker::PhantomData;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::observe::rows::{Row, rows};

#[cfg(test)]
mod tests;

rows! {
    /// What is counted for each cluster.
    pub enum ClusterCounter {
        Connections = "towpath_upstream_connections", Counter, "Connections opened to endpoints, by cluster.";
        ConnectFailures = "towpath_upstream_connect_failures", Counter, "Connections to endpoints that could not be opened, by cluster.";
        Reused = "towpath_upstream_reused", Counter, "Requests sent on a connection that was used before, by cluster.";
        ReusedReset = "towpath_upstream_reused_reset", Counter, "Reused connections that died before any byte of the answer, by cluster.";
        Repeats = "towpath_upstream_repeats", Counter, "Requests sent once more, over HTTP/1.1 on a fresh connection, because the one before was of no use any more, by cluster.";
        NotReplayed = "towpath_upstream_not_replayed", Counter, "Requests not sent again because more of their body than replay_bytes had left, by cluster.";
        Evicted = "towpath_upstream_pool_evicted", Counter, "Idle connections dropped because the endpoint closed them or they were too old, by cluster.";
        Http2StreamsOpen = "towpath_upstream_http2_streams_open", Gauge, "Requests open on HTTP/2 connections to endpoints, by cluster.";
        Http2Resets = "towpath_upstream_http2_resets", Counter, "Requests reset by an HTTP/2 endpoint that had begun to process them, by cluster.";
        Http2Refused = "towpath_upstream_http2_refused", Counter, "Requests that an HTTP/2 endpoint said it had not processed: refused, or above the last of a GOAWAY, by cluster.";
        Http2GoAways = "towpath_upstream_http2_goaways", Counter, "HTTP/2 connections on which an endpoint asked for no further requests, by cluster.";
        Http2PingTimeouts = "towpath_upstream_http2_ping_timeouts", Counter, "HTTP/2 connections given up because the endpoint did not answer a PING within ping_timeout, by cluster.";
        Http2Errors = "towpath_upstream_http2_errors", Counter, "HTTP/2 connections ended because the endpoint broke the protocol, by cluster.";
    }
}

rows! {
    /// What is counted of each cluster whose endpoints fail.
    pub enum ResilienceCounter {
        BreakerOpened = "towpath_breaker_opened", Counter, "Times that the breaker of an endpoint opened, from closed or after a request that tried in vain, by cluster.";
        BreakerClosed = "towpath_breaker_closed", Counter, "Times that the breaker of an endpoint closed again, by cluster.";
        BreakerRefused = "towpath_breaker_refused", Counter, "Attempts that found the breakers of all endpoints open, by cluster.";
        EjectionsConsecutive5xx = "towpath_ejections_consecutive_5xx", Counter, "Endpoints ejected for errors in a row, by cluster.";
        EjectionsConsecutiveGateway = "towpath_ejections_consecutive_gateway", Counter, "Endpoints ejected for gateway errors in a row, by cluster.";
        EjectionsConsecutiveLocal = "towpath_ejections_consecutive_local", Counter, "Endpoints ejected for attempts in a row without an answer, by cluster.";
        EjectionsSuccessRate = "towpath_ejections_success_rate", Counter, "Endpoints ejected for a share of successes far below that of the others, by cluster.";
        EjectionsFailurePercentage = "towpath_ejections_failure_percentage", Counter, "Endpoints ejected for a large share of failures, by cluster.";
        EjectionsWithheld = "towpath_ejections_withheld", Counter, "Times that an endpoint was not ejected because too many were already, by cluster.";
        PanicPicks = "towpath_panic_picks", Counter, "Attempts that went to an endpoint that cannot be picked, because too few others were left, by cluster.";
    }
}

rows! {
    /// What is counted of the retries of each cluster.
    pub enum RetryCounter {
        Sent = "towpath_upstream_retries", Counter, "Requests sent again as the route's retry says, by cluster.";
        Succeeded = "towpath_upstream_retries_succeeded", Counter, "Requests whose last retry brought an answer that was good enough, by cluster.";
        Exhausted = "towpath_upstream_retries_exhausted", Counter, "Requests that failed after as many retries as attempts allows, by cluster.";
        OverBudget = "towpath_upstream_retries_over_budget", Counter, "Retries that were not made because retry_budget was spent, by cluster.";
        OverLimit = "towpath_upstream_retries_over_limit", Counter, "Retries that were not made because limits.retries were under way, by cluster.";
        Late = "towpath_upstream_retries_late", Counter, "Retries that were not made because timeout would have ended before, or retry_after_max forbade the pause, by cluster.";
        NotIdempotent = "towpath_upstream_retries_not_idempotent", Counter, "Retries that were not made because the request may have been processed and must not be twice, by cluster.";
        Elsewhere = "towpath_upstream_retries_elsewhere", Counter, "Retries that were not made because a proxy before this one makes them, by cluster.";
    }
}

rows! {
    /// What is counted for each cluster with admission control.
    pub enum AdmissionCounter {
        Ended = "towpath_admission_requests", Counter, "Requests that have ended, as admission control counts them, by cluster.";
        Succeeded = "towpath_admission_successes", Counter, "Those of them that have succeeded, by cluster.";
    }
}

rows! {
    /// What is counted for each listener.
    pub enum ListenerCounter {
        Connections = "towpath_downstream_connections", Counter, "Connections accepted from clients, by listener.";
        Refused = "towpath_downstream_connections_refused", Counter, "Connections closed at once because of a connection limit, by listener.";
        LingersCut = "towpath_downstream_lingers_cut", Counter, "Connections cut off because the client did not end within linger_timeout and linger_bytes of its last answer, by listener.";
        ProxyHeaders = "towpath_downstream_proxy_headers", Counter, "Connections whose header of the PROXY protocol was read, by listener.";
        ProxyHeadersRefused = "towpath_downstream_proxy_headers_refused", Counter, "Connections closed because their header of the PROXY protocol was missing, malformed, too large or too late, by listener.";
        Http2Connections = "towpath_downstream_http2_connections", Counter, "Connections of clients that spoke HTTP/2, by listener.";
        Http2Errors = "towpath_downstream_http2_errors", Counter, "HTTP/2 connections ended because the client broke the protocol or asked too much, by listener.";
        Http2Floods = "towpath_downstream_http2_floods", Counter, "Those of them that ended because the client asked too much, by listener.";
        Http2Refused = "towpath_downstream_http2_refused", Counter, "Requests by HTTP/2 that were refused and may be sent again, by listener.";
        Http2Oversized = "towpath_downstream_http2_oversized", Counter, "Requests by HTTP/2 answered 431 unread, since their heads were more than twice as large as they may be, by listener.";
        Http2Streams = "towpath_downstream_http2_streams", Counter, "Requests that came by HTTP/2, by listener.";
        Http2StreamsOpen = "towpath_downstream_http2_streams_open", Gauge, "Requests by HTTP/2 that are open, by listener.";
        Http2Resets = "towpath_downstream_http2_resets", Counter, "Requests by HTTP/2 that the client gave up before their answer was whole, by listener.";
        GrpcWeb = "towpath_downstream_grpc_web_requests", Counter, "Calls of gRPC-Web that were made calls of gRPC, by listener.";
        BytesReceived = "towpath_downstream_received_bytes", Counter, "Bytes read from clients, by listener.";
        BytesSent = "towpath_downstream_sent_bytes", Counter, "Bytes written to clients, by listener.";
    }
}

rows! {
    /// What is counted for each access log.
    pub enum LogCounter {
        Lines = "towpath_access_log_lines", Counter, "Lines of access logs that were written, by log.";
        Dropped = "towpath_access_log_dropped", Counter, "Lines of access logs that were dropped because access_log_bytes waited to be written, by log.";
        Failures = "towpath_access_log_failures", Counter, "Failures to open or to write an access log; it is tried again each second, by log.";
    }
}

/// So many rows fill the two cache lines that are fetched together.
const ROWS_MAX: usize = 16;

/// The counts of one thread. It alone writes, so a load and a store are enough.
#[derive(Debug)]
#[repr(align(128))]
struct Counts([AtomicU64; ROWS_MAX]);

/// The counts of one table for one thing, made for a thread when it first has something to count.
#[derive(Debug)]
pub struct Tally<R> {
    threads: Box<[OnceLock<Box<Counts>>]>,
    rows: PhantomData<R>,
}

impl<R: Row> Tally<R> {
    const FITS: () = assert!(R::ALL.len() <= ROWS_MAX);

    /// All zero, for so many workers and the control thread.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        let () = Self::FITS;
        Self { threads: (0..=workers).map(|_| OnceLock::new()).collect(), rows: PhantomData }
    }

    /// Counts up. Only the worker itself may call this with its number.
    pub fn add(&self, worker: usize, row: R, count: u64) {
        self.change(self.threads.get(worker), row, count);
    }

    /// Counts up what the control thread sees.
    pub fn add_control(&self, row: R, count: u64) {
        self.change(self.threads.last(), row, count);
    }

    fn change(&self, thread: Option<&OnceLock<Box<Counts>>>, row: R, count: u64) {
        let counts = thread.map(|counts| counts.get_or_init(Counts::empty));
        if let Some(cell) = counts.and_then(|counts| counts.0.get(row.position())) {
            cell.store(cell.load(Ordering::Relaxed).wrapping_add(count), Ordering::Relaxed);
        }
    }

    /// The sum over all threads.
    #[must_use]
    pub fn total(&self, row: R) -> u64 {
        let counts = self.threads.iter().filter_map(OnceLock::get);
        let cells = counts.filter_map(|counts| counts.0.get(row.position()));
        cells.fold(0, |sum, cell| sum.wrapping_add(cell.load(Ordering::Relaxed)))
    }
}

impl Counts {
    fn empty() -> Box<Self> {
        Box::new(Self([const { AtomicU64::new(0) }; ROWS_MAX]))
    }
}
