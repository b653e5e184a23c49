//! The process log, as far as the proxy has to do with it: rooms write lines, and whoever runs the proxy has them.

use tracing::level_filters::LevelFilter;

/// The levels, from nothing to everything.
pub const LEVELS: [(&str, LevelFilter); 6] = [
    ("off", LevelFilter::OFF),
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
];

/// What can be asked of the process log while the process runs.
pub trait ProcessLog: Send + Sync {
    /// The least important lines that are written.
    fn level(&self) -> LevelFilter;

    /// Has lines written from now on as far as this level.
    fn set_level(&self, level: LevelFilter);

    /// Lines that were dropped since the process began, because they could not be written fast enough.
    fn dropped(&self) -> u64;
}
