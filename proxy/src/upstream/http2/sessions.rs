//! Endpoint → connection with room; this worker's own.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use hashbrown::HashMap;
use smallvec::SmallVec;
use tokio::time::Instant;
use towpath_config::model::Cluster;

use super::connection;
use super::place::{Opening, Place, Waiting};
use super::session::Lease;
use crate::codec::proxy_protocol::{Announcement, Ends};
use crate::outcome::Reason;
use crate::sys::timer::{Elapsed, earlier};
use crate::upstream::endpoint::EndpointState;
use crate::upstream::pool::{Pool, Want};

/// A connection that has carried nothing for so long may have ended, and its task not have seen it yet.
const STALE: Duration = Duration::from_millis(100);

/// Where the connections are that lead to one endpoint and were announced in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    endpoint: u64,
    announcement: Option<Announcement>,
}

/// The connections of one worker.
#[derive(Debug, Default)]
pub struct Sessions {
    places: RefCell<HashMap<Key, Rc<Place>>>,
    /// Where connections are that belong to one client.
    announced: RefCell<HashMap<Ends, SmallVec<[Key; 1]>>>,
}

impl Sessions {
    /// The right to a request on a connection to this endpoint. Where none has room a further one is opened, unless those that
    /// are being opened already will do; it fails with them.
    ///
    /// # Errors
    /// No connection can be had, or not in time.
    pub async fn lease(&self, pool: &Pool, want: &Want<'_>, rules: &Cluster) -> Result<Lease, Reason> {
        let place = self.place(pool, want, rules);
        if place.is_stale(STALE) {
            // whatever came meanwhile is seen first
            tokio::task::yield_now().await;
        }
        match place.take() {
            Some(lease) => Ok(lease),
            // seldom, and large
            None => Box::pin(wait(&place, pool, want, rules)).await,
        }
    }

    fn place(&self, pool: &Pool, want: &Want<'_>, rules: &Cluster) -> Rc<Place> {
        let key = Key { endpoint: want.endpoint.id(), announcement: want.announcement.copied() };
        let mut places = self.places.borrow_mut();
        let known = places.get(&key);
        if let Some(place) = known.filter(|place| !place.take_back()) {
            return Rc::clone(place);
        }
        let known = known.cloned();
        if let Some(ends) = key.announcement.and_then(|announcement| announcement.ends) {
            self.announced.borrow_mut().entry(ends).or_default().push(key);
        }
        if let Some(place) = known {
            return place;
        }
        let place = Rc::new(Place::new(pool.worker(), want, **rules.limits().streams()));
        places.insert(key, Rc::clone(&place));
        place
    }

    /// Ends the connections that are of use to nobody but a client that is gone.
    pub fn forget(&self, client: &Ends) {
        let keys = self.announced.borrow_mut().remove(client);
        let places = self.places.borrow();
        // one that is being opened still comes to its place
        keys.into_iter().flatten().filter_map(|key| places.get(&key)).for_each(|place| place.abandon());
    }

    /// Ends one idle connection of every cluster for which somebody waits, but of those that were `seen`.
    pub fn evict_wanted(&self, seen: &mut SmallVec<[u64; 4]>) {
        for place in self.places.borrow().values() {
            let cluster = place.cluster.id();
            if place.cluster.is_wanted() && !seen.contains(&cluster) && place.evict() {
                seen.push(cluster);
            }
        }
    }

    /// Lets one busy connection of every cluster for which somebody waits elsewhere take no further requests, but of those that
    /// were `seen`: nobody else would ever have its slot.
    pub fn yield_wanted(&self, seen: &mut SmallVec<[u64; 4]>) {
        for place in self.places.borrow().values() {
            let cluster = place.cluster.id();
            if place.cluster.is_wanted() && !seen.contains(&cluster) && place.yield_one() {
                seen.push(cluster);
            }
        }
    }

    /// Ends one idle connection, wherever it leads.
    pub fn evict_any(&self) {
        self.places.borrow().values().any(|place| place.evict());
    }

    /// Ends what was idle for too long, and what leads to an endpoint that `lives` no longer knows by its cluster's name.
    pub fn sweep(&self, now: Instant, lives: impl Fn(&str, &EndpointState) -> bool) {
        self.places.borrow_mut().retain(|key, place| {
            place.sweep(now, lives(place.cluster.name(), &place.endpoint));
            if place.is_empty()
                && let Some(ends) = key.announcement.and_then(|announcement| announcement.ends)
            {
                let mut announced = self.announced.borrow_mut();
                if let Some(keys) = announced.get_mut(&ends) {
                    keys.retain(|other| other != key);
                    if keys.is_empty() {
                        announced.remove(&ends);
                    }
                }
            }
            !place.is_empty()
        });
    }
}

/// Waits for a connection with room. Who has begun to open one waits as long as that takes; all others are pending.
async fn wait(place: &Rc<Place>, pool: &Pool, want: &Want<'_>, rules: &Cluster) -> Result<Lease, Reason> {
    let failures = place.failures().0;
    let waiting = Waiting::begin(place);
    let (mut pending, mut lacking, mut pending_due) = (None, None, None);
    let mut told = false;
    loop {
        if let Some(lease) = place.take() {
            drop(waiting);
            place.pass_on();
            return Ok(lease);
        }
        let (failed, reason) = place.failures();
        if failed != failures && !place.is_opening() {
            return Err(reason);
        }
        let wanted = place.wants_another();
        // whoever has lacked one for longer is told first, on whichever worker
        let alone = want.cluster.lacking() == u32::from(lacking.is_some());
        let is_next = wanted && (told || alone);
        let slot = is_next.then(|| want.cluster.try_slot(want.limits.connections)).flatten();
        let opens = slot.is_some();
        if let Some(slot) = slot {
            let allowed = pool.allow()?;
            connection::open(Opening::begin(place), slot, allowed, want, rules);
        }
        if wanted && !opens {
            lacking.get_or_insert_with(|| want.cluster.lack());
            pool.make_room();
        } else {
            lacking = None;
        }
        if pending.is_none() && !opens {
            pending = Some(want.cluster.try_pending(want.limits.pending).ok_or(Reason::PendingLimit)?);
            pending_due = want.limits.wait.map(|limit| Instant::now() + limit);
        }
        let freed = async {
            match lacking {
                None => {
                    place.news().await;
                    false
                }
                Some(_) => tokio::select! {
                    () = place.news() => false,
                    () = want.cluster.released() => true,
                },
            }
        };
        told = want.timer.within(earlier(want.due, pending_due), freed).await.map_err(|Elapsed| {
            let whole_request = want.due.is_some_and(|due| pending_due.is_none_or(|pending| due <= pending));
            if whole_request { Reason::Timeout } else { Reason::PendingTimeout }
        })?;
    }
}
