//! The process log: lines on stderr, written by a thread of its own so that no worker waits for a slow reader.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io;

use clap::ValueEnum;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::LevelFilter;

use crate::output;

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

/// Starts the log. Lines that still wait are written when the guard is dropped; the counter knows those that were
/// dropped.
pub fn start(format: Format, level: LevelFilter) -> (WorkerGuard, ErrorCounter) {
    let (writer, guard) =
        NonBlockingBuilder::default().buffered_lines_limit(LINES_MAX).lossy(true).finish(io::stderr());
    let dropped = writer.error_counter();
    let lines = tracing_subscriber::fmt().with_max_level(level).with_writer(writer);
    match format {
        Format::Text => lines.with_ansi(output::coloured(&io::stderr())).init(),
        Format::Json => lines.json().flatten_event(true).init(),
    }
    std::panic::set_hook(Box::new(|bug| {
        let place = bug.location().map(ToString::to_string);
        let thread = std::thread::current();
        let said = bug.payload_as_str().unwrap_or("no words");
        let trace = Backtrace::capture();
        let trace = (trace.status() == BacktraceStatus::Captured).then(|| trace.to_string());
        tracing::error!(thread = thread.name(), place, trace, "a bug of the proxy: {said}");
    }));
    (guard, dropped)
}
