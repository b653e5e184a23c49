//! What is known of the proxies.

use std::collections::BTreeMap;

use serde::Serialize;

/// What is known of one proxy.
#[derive(Debug, Clone, Serialize)]
pub struct ProxyStatus {
    /// What it calls itself.
    pub id: String,
    /// Where it stands.
    pub namespace: String,
    /// What selects it.
    pub labels: BTreeMap<String, String>,
    /// Region and zone.
    pub locality: Option<String>,
    /// Where it connects from.
    pub address: String,
    /// Its program and version.
    pub agent: String,
    /// Whether it is connected.
    pub connected: bool,
    /// For how long it has been so, in milliseconds.
    pub since_ms: u64,
    /// The newest revision of which it has judged all that is meant for it; none when it has not judged one.
    pub revision: Option<u64>,
    /// What was sent to it and not judged yet.
    pub pending: usize,
    /// What it rejected.
    pub rejected: Vec<Rejection>,
    /// What waits there for something else: `kind name`.
    pub waiting: Vec<String>,
}

/// Something that a proxy did not take.
#[derive(Debug, Clone, Serialize)]
pub struct Rejection {
    /// What it is: `listener`, `route`, `cluster`, `endpoints` or `settings`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Why, in the words of the proxy.
    pub reason: String,
}

/// What is known of one object.
#[derive(Debug, Clone, Serialize)]
pub struct ObjectStatus {
    /// Whose it is.
    pub namespace: String,
    /// What it is.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What tells its content from another.
    pub version: String,
    /// How many connected proxies it is meant for.
    pub proxies: usize,
    /// How many of them have taken this version.
    pub applied: usize,
    /// Who did not take it, and why.
    pub rejected: BTreeMap<String, String>,
    /// Where it waits for something else.
    pub waiting: Vec<String>,
}

/// Whose verdict is waited for.
#[derive(Clone, Copy)]
pub struct Question<'q> {
    /// On this revision, or a later one.
    pub revision: u64,
    /// Only of proxies to which revisions from this one on said something new; 0 for all.
    pub since: u64,
    /// Whether proxies of a namespace count.
    pub counts: &'q (dyn Fn(&str) -> bool + Send + Sync),
}

/// How far a staged push is.
#[derive(Debug, Clone, Serialize)]
pub struct StageStatus {
    /// What is pushed.
    pub revision: u64,
    /// Which step, from 1.
    pub step: usize,
    /// How many there are.
    pub steps: usize,
    /// How many proxies have it in this step.
    pub proxies: usize,
    /// For how long, in milliseconds.
    pub since_ms: u64,
    /// Why it was taken back, if it was.
    pub taken_back: Option<String>,
}
