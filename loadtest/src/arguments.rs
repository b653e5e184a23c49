//! The command line.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::quantity::{Delay, Label, Rates, Share, Size, Trickle, some_time, time};

/// Load at a rate fixed in advance, and an upstream that misbehaves on demand.
#[derive(Debug, Parser)]
#[command(name = "towpath-load", version, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask a server and measure its answers
    Run(Box<Run>),
    /// Be a server that delays, fails, resets, trickles and closes on demand
    Serve(Box<Serve>),
    /// Be thousands of proxies of a control server, and measure how it serves them
    Fleet(Box<Fleet>),
}

/// The arguments of `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Whom to ask: `http://host:port/path`; `{1..100}` in the path counts through the range
    pub url: String,
    /// How, and how long.
    #[command(flatten)]
    pub pace: Pace,
    /// What each request is.
    #[command(flatten)]
    pub question: Asking,
    /// What becomes of the figures.
    #[command(flatten)]
    pub report: Report,
}

/// How, and how long.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pace")]
pub struct Pace {
    /// Requests per second: one rate, or steps as from:to/step, such as 1000:10000/1000
    #[arg(long, default_value = "5000", conflicts_with = "closed")]
    pub rate: Rates,
    /// How long each rate is held when there are several
    #[arg(long, value_parser = some_time, default_value = "5s")]
    pub step: Duration,
    /// Ask again as soon as an answer is there; measures how much a server can do, not how long it lets wait
    #[arg(long)]
    pub closed: bool,
    /// Connections, kept open
    #[arg(long, default_value = "64")]
    pub connections: NonZeroUsize,
    /// Speak HTTP/2, with prior knowledge
    #[arg(long)]
    pub http2: bool,
    /// Requests at once on each connection
    #[arg(long, default_value = "1", requires = "http2")]
    pub streams: NonZeroUsize,
    /// How long to measure at one rate
    #[arg(long, value_parser = some_time, default_value = "10s")]
    pub duration: Duration,
    /// Give figures for each such stretch of it, too
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    pub every: Option<Duration>,
    /// How long to ask before measuring
    #[arg(long, value_parser = time, default_value = "1s")]
    pub warmup: Duration,
    /// The longest a request waits for its answer, and before that for a free connection
    #[arg(long, value_parser = some_time, default_value = "10s")]
    pub timeout: Duration,
    /// Threads that ask; connections and rate are shared out among them
    #[arg(long, default_value = "1")]
    pub threads: NonZeroUsize,
}

/// What each request is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Requests")]
pub struct Asking {
    /// The method
    #[arg(long, default_value = "GET")]
    pub method: String,
    /// A field of the request; may be given several times
    #[arg(long = "header", value_name = "NAME: VALUE")]
    pub headers: Vec<String>,
    /// Call with gRPC: POST, one message of --body-size, and the status is that of the call
    #[arg(long, requires = "http2", conflicts_with = "method")]
    pub grpc: bool,
    /// The size of the request's body
    #[arg(long)]
    pub body_size: Option<Size>,
    /// A path instead of that of the URL; several are asked in turn
    #[arg(long = "path")]
    pub paths: Vec<String>,
    /// Connect to this Unix socket; the URL then only says what to ask for
    #[arg(long)]
    pub unix: Option<PathBuf>,
    /// The field of an answer by which answers are counted
    #[arg(long, value_name = "NAME", default_value = "x-version")]
    pub version_header: String,
}

/// What becomes of the figures.
#[derive(Debug, Args)]
#[command(next_help_heading = "Figures")]
pub struct Report {
    /// Write them as JSON; `-` is stdout, and then nothing else is written there
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Draw latency by percentile, as FILE.svg or FILE.png
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
    /// No progress and no summary
    #[arg(long)]
    pub quiet: bool,
}

/// The arguments of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen; port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: std::net::SocketAddr,
    /// Listen on this Unix socket instead
    #[arg(long, value_name = "PATH", conflicts_with = "listen")]
    pub unix: Option<PathBuf>,
    /// Threads that answer
    #[arg(long, default_value = "1")]
    pub threads: NonZeroUsize,
    /// The field `x-version` of each answer
    #[arg(long, value_name = "NAME", default_value = "v1")]
    pub version: String,
    /// Take orders from stdin: each line has the flags under Answers that hold from then on, and is answered with how many
    /// requests have come
    #[arg(long)]
    pub orders: bool,
    /// What becomes of each request.
    #[command(flatten)]
    pub faults: Faults,
}

/// What becomes of each request that does not say so itself.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Answers")]
pub struct Faults {
    /// The size of each answer's body
    #[arg(long, default_value = "100")]
    pub size: Size,
    /// How long each answer takes: a time, or any between two, such as 5ms..20ms
    #[arg(long)]
    pub delay: Option<Delay>,
    /// The share of requests that fail
    #[arg(long, value_name = "PERCENT")]
    pub fail: Option<Share>,
    /// The status of those that fail
    #[arg(long, default_value = "500", value_parser = clap::value_parser!(u16).range(200..=599), requires = "fail")]
    pub status: u16,
    /// The share of requests whose connection is reset
    #[arg(long, value_name = "PERCENT")]
    pub reset: Option<Share>,
    /// The share of requests that are answered with bytes that are no HTTP, at whose end the connection ends
    #[arg(long, value_name = "PERCENT")]
    pub garbage: Option<Share>,
    /// Send bodies in small pieces: bytes and the time between, such as 10/50ms
    #[arg(long, value_name = "BYTES/INTERVAL")]
    pub trickle: Option<Trickle>,
    /// Close a connection on which nothing was asked for so long
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    pub idle_close: Option<Duration>,
    /// Close each connection after so many answers
    #[arg(long, value_name = "COUNT")]
    pub close_after: Option<NonZeroU64>,
}

/// The arguments of `fleet`.
#[derive(Debug, Args)]
pub struct Fleet {
    /// Where the control server takes proxies, as host:port
    #[arg(long, value_name = "ADDRESS")]
    pub control: String,
    /// Who connects.
    #[command(flatten)]
    pub members: Members,
    /// How they behave.
    #[command(flatten)]
    pub manner: Manner,
    /// What changes while they are connected.
    #[command(flatten)]
    pub changes: Changes,
    /// Read the memory and CPU time of this process before, in between and afterwards: the control server's
    #[arg(long, value_name = "PROCESS")]
    pub pid: Option<u32>,
    /// Write the figures as JSON; `-` is stdout, and then nothing else is written there
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Who connects.
#[derive(Debug, Args)]
#[command(next_help_heading = "Proxies")]
pub struct Members {
    /// How many there are, all at once
    #[arg(long, default_value = "100", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub proxies: u32,
    /// On so many connections; as many as there are proxies if this is not given
    #[arg(long, value_name = "COUNT")]
    pub connections: Option<NonZeroUsize>,
    /// The namespace that they stand in
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub namespace: String,
    /// A label that all of them have; may be given several times
    #[arg(long = "label", value_name = "NAME=VALUE")]
    pub labels: Vec<Label>,
}

/// How simulated proxies behave.
#[derive(Debug, Args)]
#[command(next_help_heading = "Manner")]
pub struct Manner {
    /// Load on demand only what serves this host; may be given several times
    #[arg(long, value_name = "HOST")]
    pub on_demand: Vec<String>,
    /// Acknowledge only after so long
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "0s")]
    pub ack_delay: Duration,
    /// Never acknowledge
    #[arg(long, conflicts_with_all = ["ack_delay", "reconnect_storm", "apply"])]
    pub never_ack: bool,
    /// Once in sync, all lose their connections and come back with what they hold
    #[arg(long)]
    pub reconnect_storm: bool,
}

/// What changes while simulated proxies are connected.
#[derive(Debug, Args)]
#[command(next_help_heading = "Changes")]
pub struct Changes {
    /// Once in sync, apply this document and measure until all have acknowledged it; `{n}` in it counts
    #[arg(long, value_name = "FILE", requires = "api")]
    pub apply: Option<PathBuf>,
    /// Where the API of the control server listens
    #[arg(long, value_name = "ADDRESS")]
    pub api: Option<std::net::SocketAddr>,
    /// Apply it so often
    #[arg(long, value_name = "COUNT", default_value = "1", requires = "apply", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub times: u32,
    /// Stay for so long and measure what somebody else changes; Ctrl-C ends it early
    #[arg(long = "for", value_name = "TIME", value_parser = time, default_value = "0s")]
    pub stay: Duration,
    /// The longest until all are in sync, and until all have acknowledged a change
    #[arg(long, value_name = "TIME", value_parser = some_time, default_value = "1m")]
    pub timeout: Duration,
}
