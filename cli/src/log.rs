//! The process log: lines on stderr, written by a thread of its own so that no worker waits for a slow reader.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io;

use clap::ValueEnum;
use level::Level;
use towpath_proxy::observe::process_log::ProcessLog;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::output;

mod level;

/// Lines that wait for the writer; more are dropped and counted.
const LINES_MAX: usize = 16 * 1024;

/// How a line is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The process log while it runs.
#[derive(Debug)]
pub struct Log {
    level: Level,
    dropped: ErrorCounter,
}

impl ProcessLog for Log {
    fn level(&self) -> LevelFilter {
        self.level.get()
    }

    fn set_level(&self, level: LevelFilter) {
        self.level.set(level);
        // what each place in the code remembers of the level is forgotten
        tracing::callsite::rebuild_interest_cache();
    }

    fn dropped(&self) -> u64 {
        self.dropped.dropped_lines() as u64
    }
}

/// Starts the log. Lines that still wait are written when the guard is dropped.
pub fn start(format: Format, level: LevelFilter) -> (WorkerGuard, Log) {
    let (writer, guard) =
        NonBlockingBuilder::default().buffered_lines_limit(LINES_MAX).lossy(true).finish(io::stderr());
    let log = Log { level: Level::new(level), dropped: writer.error_counter() };
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let registry = tracing_subscriber::registry().with(log.level.clone());
    match format {
        Format::Text => registry.with(lines.with_ansi(output::coloured(&io::stderr()))).init(),
        Format::Json => registry.with(lines.json().flatten_event(true)).init(),
    }
    std::panic::set_hook(Box::new(|bug| {
        let place = bug.location().map(ToString::to_string);
        let thread = std::thread::current();
        let said = bug.payload_as_str().unwrap_or("no words");
        let trace = Backtrace::capture();
        let trace = (trace.status() == BacktraceStatus::Captured).then(|| trace.to_string());
        tracing::error!(thread = thread.name(), place, trace, "a bug of the proxy: {said}");
    }));
    (guard, log)
}
