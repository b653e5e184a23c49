//! One task for each name of the live table.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use towpath_config::model::{Dns, Resolver};

use super::answer::Found;
use super::query::ask;
use super::schedule::Schedule;
use crate::shared::Shared;
use crate::upstream::names::{DnsVerdict, Standing};

/// Resolutions under way at the same time; more wait.
const AT_ONCE: usize = 32;

/// The names of the live table.
#[derive(Debug)]
pub struct Resolutions {
    shared: Arc<Shared>,
    turns: Rc<Semaphore>,
    names: BTreeMap<String, Task>,
}

#[derive(Debug)]
struct Task {
    dns: Dns,
    resolver: Resolver,
    handle: AbortHandle,
}

impl Drop for Task {
    fn drop(&mut self) {
        self.handle.abort();
    }
}

impl Resolutions {
    /// Asks for the names of the table that is live now.
    #[must_use]
    pub fn new(shared: Arc<Shared>) -> Self {
        let mut all = Self { shared, turns: Rc::new(Semaphore::new(AT_ONCE)), names: BTreeMap::new() };
        all.follow();
        all
    }

    /// Asks for the names of the table that is live now, and for no others.
    pub fn follow(&mut self) {
        let snapshot = self.shared.snapshot();
        let resolver = snapshot.config().process().dns();
        let clusters = snapshot.config().clusters().iter();
        let wanted: BTreeMap<&String, &Dns> =
            clusters.filter_map(|cluster| Some((cluster.name(), &***cluster.dns().as_ref()?))).collect();
        self.names.retain(|name, task| {
            wanted.get(name).is_some_and(|dns| **dns == task.dns) && *resolver == task.resolver
        });
        for (name, dns) in wanted {
            if !self.names.contains_key(name) {
                let watch = Watch {
                    shared: Arc::clone(&self.shared),
                    cluster: name.clone(),
                    dns: dns.clone(),
                    resolver: resolver.clone(),
                };
                let handle = tokio::task::spawn_local(watch.run(Rc::clone(&self.turns))).abort_handle();
                self.names
                    .insert(name.clone(), Task { dns: dns.clone(), resolver: resolver.clone(), handle });
            }
        }
    }
}

/// What one task is about.
struct Watch {
    shared: Arc<Shared>,
    cluster: String,
    dns: Dns,
    resolver: Resolver,
}

impl Watch {
    async fn run(self, turns: Rc<Semaphore>) {
        let mut schedule = Schedule::default();
        let mut rng = fastrand::Rng::new();
        if let Some(name) = self.shared.snapshot().name(&self.cluster) {
            name.state().begin();
        }
        loop {
            let turn = turns.acquire().await;
            let heard = ask(&self.dns, &self.resolver).await;
            drop(turn);
            tokio::time::sleep(self.settle(&heard, &mut schedule, rng.f64())).await;
        }
    }

    /// Publishes what was heard, and says when to ask again.
    fn settle(&self, heard: &Result<Found, DnsVerdict>, schedule: &mut Schedule, share: f64) -> Duration {
        let snapshot = self.shared.snapshot();
        // a name that has gone has no task either
        let Some(name) = snapshot.name(&self.cluster) else { return Duration::MAX };
        let endpoints =
            heard.as_ref().ok().map(|found| found.endpoints(&self.dns, name.place(), name.answer()));
        let verdict = heard.as_ref().err().copied().unwrap_or(DnsVerdict::Resolved);
        let ttl = heard.as_ref().map_or(Duration::ZERO, |found| found.ttl);
        let next = schedule.after(verdict, ttl, &self.dns, share);
        let (cluster, query) = (&self.cluster, self.dns.query());
        match (name.state().standing(), verdict) {
            (Standing::Said(before), now) if before == now => {}
            (Standing::Said(_), DnsVerdict::Resolved) => {
                tracing::info!(%cluster, name = %query, "resolved again");
            }
            (_, DnsVerdict::Resolved) => {}
            (_, fault) => {
                let (result, kept) = (fault.code(), next.keep && !name.answer().is_empty());
                tracing::warn!(%cluster, name = %query, result, kept, "not resolved");
            }
        }
        name.state().record(verdict, SystemTime::now());
        let endpoints = endpoints.or_else(|| (!next.keep).then(Vec::new));
        if let Some(answered) = endpoints.and_then(|endpoints| snapshot.answered(cluster, &endpoints)) {
            let count = answered.name(cluster).map_or(0, |name| name.answer().len());
            tracing::info!(%cluster, name = %query, endpoints = count, "the endpoints of a name have changed");
            self.shared.replace(Arc::new(answered));
        }
        next.pause
    }
}
