//! The process guards itself: enough files for what it must never refuse, and an eye on its memory.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::Instant;
use towpath_config::model::Config;

use crate::observe::process_log::ProcessLog;
use crate::observe::stats::Counter;
use crate::shared::Shared;
use crate::sys::files::{self, Files};
use crate::sys::memory::heap::give_back;
use crate::sys::memory::{Pressure, resident};

/// How often the memory is looked at.
const LOOK: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests;

/// How long the allocator is left alone after it was asked to give memory back; and how often the log is looked at.
const REST: Duration = Duration::from_secs(1);

/// Takes all the files that the system grants, and shares them out for so many workers.
pub fn files(config: &Config, workers: usize) -> Files {
    let limits = config.process().limits();
    let all = files::raise_limit().unwrap_or_else(|fault| {
        tracing::warn!(%fault, "the limit on open files cannot be raised");
        files::current_limit()
    });
    let files = Files::share(all, **limits.reserved_files(), workers);
    let Files { downstream, .. } = files;
    if downstream < **limits.connections() {
        let wanted = **limits.connections();
        tracing::warn!(
            open_files = all,
            wanted,
            connections = downstream,
            "the limit on open files lets in fewer connections than `proxy.limits.connections`; each takes two"
        );
    }
    files
}

/// Keeps an eye on the memory, and on the process log if there is one, for ever.
pub fn watch(shared: &Arc<Shared>, log: Option<&Arc<dyn ProcessLog>>) {
    tokio::task::spawn_local(watch_memory(Arc::clone(shared)));
    if let Some(log) = log {
        tokio::task::spawn_local(watch_log(Arc::clone(shared), Arc::clone(log)));
    }
}

/// Keeps the stage of pressure on memory up to date, for ever.
async fn watch_memory(shared: Arc<Shared>) {
    let mut look = tokio::time::interval(LOOK);
    let mut rest = Instant::now();
    loop {
        look.tick().await;
        let limit = **shared.snapshot().config().process().limits().memory();
        let before = shared.pressure();
        let stage = || resident().map(|octets| (octets, before.next(octets, limit)));
        let Some((mut octets, mut pressure)) = stage() else { continue };
        if pressure > Pressure::Low && (pressure > before || rest <= Instant::now()) {
            // what is free already must not be taken for need
            let given = spawn_blocking(give_back).await;
            (octets, pressure) = given.ok().and_then(|()| stage()).unwrap_or((octets, pressure));
            rest = Instant::now() + REST;
        }
        if pressure != before {
            shared.press(pressure);
            shared.stats().control().add(Counter::MemoryPressures, (pressure > before).into());
            tell(pressure, octets, limit.unwrap_or_default());
        }
    }
}

/// Counts what the process log drops, for ever.
async fn watch_log(shared: Arc<Shared>, log: Arc<dyn ProcessLog>) {
    let mut look = tokio::time::interval(REST);
    let mut counted = 0;
    loop {
        look.tick().await;
        let dropped = log.dropped();
        shared.stats().control().add(Counter::LogDropped, dropped - counted);
        counted = dropped;
    }
}

fn tell(pressure: Pressure, resident: u64, limit: u64) {
    let what = match pressure {
        Pressure::Low => return tracing::info!(resident, limit, "memory is low enough again"),
        Pressure::High => "memory is high: connections end with their answer",
        Pressure::Full => "memory is full: requests are answered 503",
    };
    tracing::warn!(resident, limit, "{what}");
}
