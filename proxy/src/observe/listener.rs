//! What is known of a listener while it lives: kept across reloads by name.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::observe::tally::{ListenerCounter, Tally};

/// The live side of one listener, over all workers.
#[derive(Debug)]
pub struct ListenerStats {
    name: Box<str>,
    open: AtomicU32,
    tally: Tally<ListenerCounter>,
}

impl ListenerStats {
    /// A listener that nobody has called yet.
    #[must_use]
    pub fn new(name: &str, workers: usize) -> Self {
        Self { name: name.into(), open: AtomicU32::new(0), tally: Tally::new(workers) }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Connections that are open.
    #[must_use]
    pub fn open(&self) -> u32 {
        self.open.load(Ordering::Relaxed)
    }

    /// The count of open connections, for whoever opens and closes them.
    #[must_use]
    pub fn places(&self) -> &AtomicU32 {
        &self.open
    }

    /// The counters.
    #[must_use]
    pub fn tally(&self) -> &Tally<ListenerCounter> {
        &self.tally
    }
}
