//! The level of the log, which can be another one at any time. Lines that are not wanted cost one look at a number.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use towpath_proxy::observe::process_log::LEVELS;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::Context;

/// The level: a position in [`LEVELS`].
#[derive(Debug, Clone)]
pub(super) struct Level(Arc<AtomicUsize>);

impl Level {
    pub(super) fn new(level: LevelFilter) -> Self {
        let new = Self(Arc::new(AtomicUsize::new(0)));
        new.set(level);
        new
    }

    pub(super) fn get(&self) -> LevelFilter {
        let (_, level) =
            LEVELS.get(self.0.load(Ordering::Relaxed)).copied().unwrap_or(("off", LevelFilter::OFF));
        level
    }

    pub(super) fn set(&self, level: LevelFilter) {
        let position = LEVELS.iter().position(|(_, known)| *known == level).unwrap_or_default();
        self.0.store(position, Ordering::Relaxed);
    }

    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        // what the crate warns of is the doing of clients, who shall not write the log; it is counted
        let named = self.get() >= LevelFilter::DEBUG || !metadata.target().starts_with("h2::");
        named && *metadata.level() <= self.get()
    }
}

impl<S: Subscriber> Layer<S> for Level {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.wants(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.get())
    }
}
