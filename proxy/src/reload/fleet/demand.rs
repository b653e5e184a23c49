//! Hosts that are fetched on demand: which of them are known, what serves them, who waits for them. No I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;
use towpath_config::parts::Served;
use towpath_wire::{Batch, Kind};

use crate::shared::{Ask, Hosts, KnownHost, LastUse};

#[cfg(test)]
mod tests;

/// A resource that some host wants.
pub(super) type Wanted = (Kind, String);

/// What to ask the server for from now on, and what no more.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wishes {
    pub(super) subscribe: BTreeSet<Wanted>,
    pub(super) unsubscribe: BTreeSet<Wanted>,
}

/// All hosts that were asked for.
#[derive(Debug)]
pub(super) struct Demand {
    namespace: String,
    hosts_max: usize,
    forget: Duration,
    hosts: BTreeMap<Box<str>, Host>,
    /// What the server is asked for.
    wanted: BTreeSet<Wanted>,
    /// Of these it has said nothing yet.
    unheard: BTreeSet<Wanted>,
    /// Hosts came to be known, or are known no more.
    changed: bool,
}

#[derive(Debug)]
struct Host {
    last: Arc<LastUse>,
    /// What the server said, once it did.
    said: Option<Said>,
    /// Whether all of that is live, so that requests need not wait.
    known: bool,
    waiting: Vec<oneshot::Sender<()>>,
}

#[derive(Debug)]
enum Said {
    Nothing,
    Served { text: String, served: Served },
}

impl Demand {
    /// No host is known. At most so many are; each is let go when nobody asks for it in so long.
    pub(super) fn new(namespace: &str, hosts_max: u32, forget: Duration) -> Self {
        Self {
            namespace: namespace.to_owned(),
            hosts_max: hosts_max as usize,
            forget,
            hosts: BTreeMap::new(),
            wanted: BTreeSet::new(),
            unheard: BTreeSet::new(),
            changed: false,
        }
    }

    /// Takes in a host that was known before.
    pub(super) fn recall(&mut self, hosts: &Hosts, host: &str, text: String, now: Instant) {
        let Ok(served) = Served::read(&text) else { return };
        let said = Some(Said::Served { text, served });
        let known = Host { last: hosts.used(now), said, known: true, waiting: Vec::new() };
        self.hosts.insert(host.into(), known);
        self.changed = true;
        let wishes = self.wishes();
        // what is live of it was live before
        wishes.subscribe.iter().for_each(|wanted| _ = self.unheard.remove(wanted));
    }

    /// Hosts whose routes are live, and the texts that say so.
    pub(super) fn kept(&self) -> Vec<(String, String)> {
        let served = self.hosts.iter().filter_map(|(host, one)| match &one.said {
            Some(Said::Served { text, .. }) if one.known => Some((host.to_string(), text.clone())),
            _ => None,
        });
        served.collect()
    }

    /// A request waits for its host. One that finds no room is turned away: nobody keeps its end.
    pub(super) fn ask(&mut self, hosts: &Hosts, Ask { host, told }: Ask, now: Instant) {
        if !self.hosts.contains_key(&host)
            && self.hosts.len() >= self.hosts_max
            && !self.make_room(hosts, now)
        {
            return;
        }
        let fresh = || Host { last: hosts.used(now), said: None, known: false, waiting: Vec::new() };
        let known = self.hosts.entry(host).or_insert_with(fresh);
        if known.known {
            // it came to be known meanwhile; whoever is not there any more need not be told
            _ = told.send(());
        } else {
            known.waiting.retain(|waiting| !waiting.is_closed());
            known.waiting.push(told);
        }
    }

    /// Lets the host go that is not there and that nobody has asked for the longest; what serves requests stays.
    fn make_room(&mut self, hosts: &Hosts, now: Instant) -> bool {
        let nothing = self.hosts.iter().filter(|(_, one)| matches!(one.said, Some(Said::Nothing)));
        let idle = nothing.max_by_key(|(_, one)| hosts.idle(&one.last, now)).map(|(host, _)| host.clone());
        self.changed |= idle.is_some();
        idle.and_then(|host| self.hosts.remove(&host)).is_some()
    }

    /// Lets those go that nobody has asked for in a long time.
    pub(super) fn age(&mut self, hosts: &Hosts, now: Instant) {
        let before = self.hosts.len();
        self.hosts.retain(|_, one| {
            one.waiting.retain(|waiting| !waiting.is_closed());
            !one.waiting.is_empty() || hosts.idle(&one.last, now) < self.forget
        });
        self.changed |= self.hosts.len() != before;
    }

    /// Takes in what the server says: of a host, what serves it; of anything else, that it has been answered. Gives the
    /// hosts that are rejected, and why.
    pub(super) fn hear(&mut self, batch: &Batch) -> Vec<(String, String)> {
        let mut rejected = Vec::new();
        for upsert in &batch.upserts {
            self.unheard.remove(&(batch.kind, upsert.name.to_string()));
            if batch.kind == Kind::Host {
                match Served::read(&upsert.text) {
                    Ok(served) => {
                        let text = upsert.text.to_string();
                        self.say(&upsert.name, Said::Served { text, served });
                    }
                    Err(fault) => rejected.push((upsert.name.to_string(), fault)),
                }
            }
        }
        for name in &batch.removals {
            self.unheard.remove(&(batch.kind, name.to_string()));
            if batch.kind == Kind::Host {
                self.say(name, Said::Nothing);
            }
        }
        rejected
    }

    fn say(&mut self, name: &str, said: Said) {
        let host = name.split_once('/').map_or(name, |(_, host)| host);
        if let Some(one) = self.hosts.get_mut(host) {
            // nothing was there, and something is: it is known when that is live
            one.known &= !matches!((&one.said, &said), (Some(Said::Nothing), Said::Served { .. }));
            one.said = Some(said);
            self.changed = true;
        }
    }

    /// What to ask for, now that these hosts are wanted.
    pub(super) fn wishes(&mut self) -> Wishes {
        let mut wanted = BTreeSet::new();
        for (host, one) in &self.hosts {
            wanted.insert((Kind::Host, format!("{}/{host}", self.namespace)));
            if let Some(Said::Served { served, .. }) = &one.said {
                wanted.extend(resources(served));
            }
        }
        let wishes = Wishes {
            subscribe: wanted.difference(&self.wanted).cloned().collect(),
            unsubscribe: self.wanted.difference(&wanted).cloned().collect(),
        };
        self.unheard.retain(|one| wanted.contains(one));
        self.unheard.extend(wishes.subscribe.iter().cloned());
        self.wanted = wanted;
        wishes
    }

    /// Tells those whose hosts are live now, after those who look can see it.
    pub(super) fn tell(&mut self, hosts: &Hosts) {
        let mut told = Vec::new();
        for one in self.hosts.values_mut().filter(|one| !one.known) {
            let there = match &one.said {
                None => false,
                Some(Said::Nothing) => true,
                Some(Said::Served { served, .. }) => {
                    resources(served).all(|wanted| !self.unheard.contains(&wanted))
                }
            };
            if there {
                one.known = true;
                self.changed = true;
                told.append(&mut one.waiting);
            }
        }
        if std::mem::take(&mut self.changed) {
            let known = self.hosts.iter().filter(|(_, one)| one.known);
            let known = known.map(|(host, one)| {
                let is_served = matches!(one.said, Some(Said::Served { .. }));
                (host.clone(), KnownHost { last: Arc::clone(&one.last), is_served })
            });
            hosts.publish(known.collect());
        }
        // whoever is not there any more need not be told
        told.into_iter().for_each(|told| _ = told.send(()));
    }
}

fn resources(served: &Served) -> impl Iterator<Item = Wanted> {
    let routes = served.routes.iter().map(|name| (Kind::Route, name.clone()));
    let clusters = served.clusters.iter();
    let clusters = clusters.flat_map(|name| [(Kind::Cluster, name.clone()), (Kind::Endpoints, name.clone())]);
    routes.chain(clusters)
}
