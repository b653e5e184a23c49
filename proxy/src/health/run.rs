//! One task for each endpoint of a cluster that wants to know.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, spawn_local};
use tokio::time::{Instant, sleep, sleep_until};
use towpath_config::model::{Address, Cluster};

use super::ask::{Manner, Told, ask};
use super::course::{Course, first, pause};
use crate::observe::tally::ClusterCounter;
use crate::shared::Shared;
use crate::snapshot::LiveCluster;
use crate::upstream::cluster::ClusterState;
use crate::upstream::endpoint::EndpointState;
use crate::upstream::health::Health;

/// Checks under way at the same time, where there are files for them; more wait. It bounds what many endpoints that do not
/// answer can make the process hold.
const AT_ONCE: u32 = 1024;

/// Of the files for connections to endpoints, checks take a part of so many at most.
const PART: u32 = 8;

/// Checks the endpoints of the table that is live, for ever: those of every table, name and list that comes after it, too.
pub async fn run(shared: Arc<Shared>) {
    let places = (shared.files().upstream / PART).clamp(1, AT_ONCE);
    let turns = Rc::new(Semaphore::new(places as usize));
    let mut published = shared.published();
    let mut watched = HashMap::new();
    loop {
        published.mark_unchanged();
        follow(&shared, &turns, &mut watched);
        // the channel lives as long as `shared`
        let _ = published.changed().await;
    }
}

/// One cluster whose endpoints are checked.
struct Watched {
    manner: Rc<Manner>,
    live: Arc<LiveCluster>,
    tasks: HashMap<Address, Task>,
}

/// The checks of one endpoint.
struct Task {
    endpoint: Arc<EndpointState>,
    handle: AbortHandle,
}

impl Drop for Task {
    fn drop(&mut self) {
        self.handle.abort();
    }
}

fn manner(cluster: &Cluster) -> Option<Manner> {
    let check = cluster.resilience().health().as_deref()?.clone();
    let proxy_protocol = cluster.proxy_protocol().as_ref().map(|version| **version);
    Some(Manner { check, protocol: **cluster.protocol(), proxy_protocol })
}

/// Checks what is live now, and nothing else. Who is checked in the same way as before is not disturbed.
fn follow(shared: &Shared, turns: &Rc<Semaphore>, watched: &mut HashMap<String, Watched>) {
    let snapshot = shared.snapshot();
    let mut before = std::mem::take(watched);
    for (cluster, live) in snapshot.clusters() {
        let known = if before.is_empty() { None } else { before.remove(cluster.name()) };
        let next = match manner(cluster) {
            Some(manner) => Some(match known {
                Some(known) if Arc::ptr_eq(&known.live, live) && *known.manner == manner => known,
                known => next(known, manner, live, turns),
            }),
            None => {
                // nobody knows any more that it is not well
                let tasks = known.iter().flat_map(|known| known.tasks.values());
                tasks.for_each(|task| task.endpoint.probed(Health::Unchecked, SystemTime::now()));
                None
            }
        };
        watched.extend(next.map(|next| (cluster.name().clone(), next)));
    }
}

/// The checks of a cluster that has changed, or in another manner.
fn next(known: Option<Watched>, manner: Manner, live: &Arc<LiveCluster>, turns: &Rc<Semaphore>) -> Watched {
    let (manner, mut tasks) = match known {
        Some(known) if *known.manner == manner => (known.manner, known.tasks),
        _ => (Rc::new(manner), HashMap::new()),
    };
    let is_same = |task: &Task| {
        live.endpoint(task.endpoint.address()).is_some_and(|endpoint| Arc::ptr_eq(endpoint, &task.endpoint))
    };
    tasks.retain(|_, task| is_same(task));
    for endpoint in live.known() {
        let watch = || Watch {
            endpoint: Arc::clone(endpoint),
            cluster: Arc::clone(live.state()),
            manner: Rc::clone(&manner),
            turns: Rc::clone(turns),
        };
        tasks.entry(endpoint.address().clone()).or_insert_with(|| watch().begin());
    }
    Watched { manner, live: Arc::clone(live), tasks }
}

/// What one task is about.
struct Watch {
    endpoint: Arc<EndpointState>,
    cluster: Arc<ClusterState>,
    manner: Rc<Manner>,
    turns: Rc<Semaphore>,
}

impl Watch {
    fn begin(self) -> Task {
        let endpoint = Arc::clone(&self.endpoint);
        Task { endpoint, handle: spawn_local(self.run()).abort_handle() }
    }

    async fn run(self) {
        let check = &self.manner.check;
        let mut rng = fastrand::Rng::new();
        let mut course = Course::new(self.endpoint.health().get());
        self.endpoint.probed(course.health(), SystemTime::now());
        let begun = Instant::now();
        sleep(first(check, rng.f64())).await;
        let mut sent = self.sent();
        loop {
            let turn = self.turns.acquire().await;
            let asked = Instant::now();
            // in a box: a task that waits is small
            let told = Box::pin(ask(self.endpoint.address(), &self.manner)).await;
            drop(turn);
            self.settle(told, &mut course, begun.elapsed());
            let before = std::mem::replace(&mut sent, self.sent());
            let quiet = sent == before && self.endpoint.active() == 0;
            sleep_until(asked + pause(check, quiet, rng.f64())).await;
        }
    }

    /// Requests that have been sent to the cluster.
    fn sent(&self) -> u64 {
        let tally = self.cluster.tally();
        tally.total(ClusterCounter::Connections).wrapping_add(tally.total(ClusterCounter::Reused))
    }

    /// Publishes what a check has said.
    fn settle(&self, told: Told, course: &mut Course, age: Duration) {
        let (before, after) = (course.health(), course.after(told.sign, &self.manner.check, age));
        self.endpoint.health().note(told.heard);
        self.cluster.health().add_check(told.heard);
        if before == after {
            return;
        }
        self.endpoint.probed(after, SystemTime::now());
        self.cluster.health().add_turn(after);
        let (cluster, endpoint) = (self.cluster.name(), self.endpoint.address());
        let (check, result, status) = (self.manner.check.ask(), told.heard.code(), told.status);
        match (before, after) {
            (_, Health::Unhealthy) => {
                tracing::warn!(cluster, %endpoint, %check, result, status, "an endpoint is unhealthy");
            }
            (Health::Unhealthy, _) => {
                tracing::info!(cluster, %endpoint, %check, "an endpoint is healthy again");
            }
            _ => tracing::debug!(cluster, %endpoint, %check, "an endpoint is healthy"),
        }
    }
}
