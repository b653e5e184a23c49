//! Each second, of each cluster that wants it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::admission::{Counted, Window, turned_away};
use crate::observe::tally::AdmissionCounter;
use crate::shared::Shared;

/// How often it is worked out.
const STEP: Duration = Duration::from_secs(1);

/// Works it out, for ever. While no cluster wants it nothing is done.
pub async fn run(shared: Arc<Shared>) {
    let mut published = shared.published();
    let mut windows = HashMap::new();
    let mut step = interval(STEP);
    step.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        published.mark_unchanged();
        if !look(&shared, &mut windows, Instant::now()) {
            // the channel lives as long as `shared`
            let _ = published.changed().await;
        }
        step.tick().await;
    }
}

/// Works it out once, and says whether any cluster wants it.
fn look(shared: &Shared, windows: &mut HashMap<u64, Window>, now: Instant) -> bool {
    let mut before = std::mem::take(windows);
    for (cluster, live) in shared.snapshot().clusters() {
        let state = live.state();
        let Some(rules) = cluster.resilience().admission().as_deref() else { continue };
        let admission = state.admission();
        let mut window = before.remove(&state.id()).unwrap_or_default();
        let counted = Counted {
            ended: admission.tally().total(AdmissionCounter::Ended),
            succeeded: admission.tally().total(AdmissionCounter::Succeeded),
        };
        let lately = window.take(now, counted, **rules.window());
        let (part, known) = (turned_away(lately, rules), admission.part());
        admission.set(part);
        match (known > 0.0, part > 0.0) {
            (false, true) => tracing::warn!(
                cluster = cluster.name(),
                ended = lately.ended,
                succeeded = lately.succeeded,
                "too many requests fail: some are turned away"
            ),
            (true, false) => tracing::info!(cluster = cluster.name(), "no request is turned away any more"),
            _ => {}
        }
        windows.insert(state.id(), window);
    }
    !windows.is_empty()
}
