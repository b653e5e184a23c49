//! The figures: as JSON, whose fields stay as they are, and as text. `docs/load-generator.md` says what each field means.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::phase::{PhaseFigures, Spread};
use super::system::Taken;

/// All figures of a fleet. Times are in milliseconds.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// How many proxies there were.
    pub proxies: usize,
    /// On so many connections.
    pub connections: usize,
    /// From the first connection until each proxy had all; what was received on the way.
    pub sync: PhaseFigures,
    /// Resources that they then held, all together.
    pub held: usize,
    /// From the loss of all connections until each proxy had all again.
    pub storm: Option<PhaseFigures>,
    /// Changes that the fleet made.
    pub applied: Option<Applied>,
    /// Changes that others made, as far as they were seen apart.
    pub pushes: Vec<PhaseFigures>,
    /// Streams that ended, by reason.
    pub faults: BTreeMap<String, u64>,
    /// What the server took.
    pub server: Option<Server>,
    /// What the fleet itself took.
    pub own: Taken,
}

/// Changes that the fleet made.
#[derive(Debug, Serialize)]
pub struct Applied {
    /// How many.
    pub times: usize,
    /// From the request until the API had answered, over the changes.
    pub answered_ms: Option<Spread>,
    /// From the request until a proxy had acknowledged, over all proxies and changes.
    pub acknowledged_ms: Option<Spread>,
    /// From the request until the last proxy had acknowledged, over the changes.
    pub last_acknowledged_ms: Option<Spread>,
    /// Each of them.
    pub each: Vec<PhaseFigures>,
}

/// What the server had taken, at each point of the run.
#[derive(Debug, Default, Serialize)]
pub struct Server {
    /// Before the first connection.
    pub before: Taken,
    /// When all were in sync, or time was over.
    pub synced: Taken,
    /// When they had come back.
    pub stormed: Option<Taken>,
    /// After the changes.
    pub applied: Option<Taken>,
}

impl Figures {
    /// How many proxies did not do what they were to do in some phase; none is good.
    pub fn lacking(&self) -> usize {
        let each = self.applied.iter().flat_map(|applied| &applied.each);
        let phases = [&self.sync].into_iter().chain(&self.storm).chain(each);
        phases.map(|phase| phase.of - phase.proxies).max().unwrap_or_default()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} proxies on {} connections, {} resources held",
            self.proxies, self.connections, self.held
        )?;
        line(f, "in sync", &self.sync)?;
        if let Some(storm) = &self.storm {
            line(f, "after a storm", storm)?;
        }
        if let Some(applied) = &self.applied {
            writeln!(f, "{} changes applied", applied.times)?;
            spread(f, "answered", applied.answered_ms)?;
            spread(f, "each ack", applied.acknowledged_ms)?;
            spread(f, "last ack", applied.last_acknowledged_ms)?;
        }
        for push in &self.pushes {
            line(f, "push", push)?;
        }
        if let Some(server) = &self.server {
            let Server { before, synced, .. } = server;
            let each = synced.rss_kib.saturating_sub(before.rss_kib) as f64 / self.proxies as f64;
            let cpu = synced.cpu_seconds - before.cpu_seconds;
            let (mib, peak) = (synced.rss_kib >> 10, synced.peak_kib >> 10);
            writeln!(
                f,
                "the server: {mib} MiB (peak {peak} MiB), {each:.1} KiB for each proxy, {cpu:.2} s CPU until in sync"
            )?;
        }
        self.faults.iter().try_for_each(|(fault, count)| writeln!(f, "{count} streams ended: {fault}"))
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, phase: &PhaseFigures) -> fmt::Result {
    let PhaseFigures { proxies, of, took, .. } = phase;
    writeln!(
        f,
        "{name}: {proxies} of {of}, {} resources and {:.1} MiB in {} responses",
        took.resources,
        took.bytes as f64 / 1_048_576.0,
        took.responses
    )?;
    spread(f, "time", phase.time_ms)
}

fn spread(f: &mut fmt::Formatter<'_>, name: &str, spread: Option<Spread>) -> fmt::Result {
    match spread {
        Some(Spread { p50, p99, max }) => {
            writeln!(f, "  {name:<9} p50 {p50:>9.1} ms   p99 {p99:>9.1} ms   max {max:>9.1} ms")
        }
        None => Ok(()),
    }
}
