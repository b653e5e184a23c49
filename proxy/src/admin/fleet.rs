//! What the pages say of the control server that the table comes from.

use std::time::SystemTime;

use hyper::StatusCode;
use serde_json::{Value, json};

use super::context::Site;
use super::documents::time;
use super::reply::Reply;
use super::words;
use crate::observe::expose::{Exposition, Shape};
use crate::shared::{Fleet, Link, Object, Open, Origin, Shared, Standing};

#[cfg(test)]
mod tests;

/// While there is no table: what is waited for.
pub(super) fn waiting(site: &Site) -> Reply {
    let text = match site.shared.fleet() {
        None => "waiting for the first route table\n".to_owned(),
        Some(place) => {
            let link = link(&place.standing().link);
            format!("waiting for the first route table from {}: {link}\n", place.server())
        }
    };
    Reply::text(StatusCode::SERVICE_UNAVAILABLE, text)
}

fn link(link: &Link) -> String {
    match link {
        Link::Connecting => "connecting".to_owned(),
        Link::Connected { .. } => "connected".to_owned(),
        Link::Lost { fault, .. } => fault.clone(),
    }
}

/// How it stands, as a part of `/config`.
pub(super) fn row(place: &Fleet) -> Value {
    let standing = place.standing();
    let (state, since, fault) = match &standing.link {
        Link::Connecting => ("connecting", None, None),
        Link::Connected { since } => ("connected", Some(time(*since)), None),
        Link::Lost { since, fault } => ("lost", Some(time(*since)), Some(fault)),
    };
    let tallies: serde_json::Map<_, _> = standing
        .tallies
        .iter()
        .map(|tally| {
            let [rejected, waiting, held] = tally.open;
            let row = json!({
                "live": tally.live, "rejected": rejected, "waiting": waiting, "held": held,
            });
            (tally.kind.to_owned(), row)
        })
        .collect();
    json!({
        "server": place.server(),
        "connection": { "state": state, "since": since, "fault": fault },
        "table": standing.origin.map(|origin| match origin {
            Origin::Stored => "stored",
            Origin::Received => "received",
        }),
        "age": age(&standing).map(words::duration),
        "resources": tallies,
        "rejected": objects(&standing, Open::Rejected),
        "waiting": objects(&standing, Open::Waiting),
        "held": objects(&standing, Open::Held),
        "hosts": place.hosts().map(|hosts| json!({ "known": hosts.count(), "waiting": hosts.waiting() })),
    })
}

/// In whole seconds: nobody wants more.
fn age(standing: &Standing) -> Option<std::time::Duration> {
    standing.age(SystemTime::now()).map(|age| std::time::Duration::from_secs(age.as_secs()))
}

fn objects(standing: &Standing, open: Open) -> Vec<Value> {
    let found = standing.objects.iter().filter(|object| object.open == open);
    let row =
        |Object { kind, name, fault, .. }: &Object| json!({ "kind": kind, "name": name, "fault": fault });
    found.map(row).collect()
}

/// How it stands, as metrics.
pub(super) fn write(text: &mut Exposition, shared: &Shared) {
    let Some(place) = shared.fleet() else { return };
    let standing = place.standing();
    let mut gauge = |name, help, value: f64| text.family(name, Shape::Gauge, help).sample(&[], value);
    let connected = matches!(standing.link, Link::Connected { .. });
    gauge("towpath_control_connected", "1 while the control server is connected, else 0.", connected.into());
    let stored = standing.origin == Some(Origin::Stored);
    let help = "1 while the live table is the one from the disk, which no server has confirmed yet, else 0.";
    gauge("towpath_control_table_stored", help, stored.into());
    if let Some(age) = standing.age(SystemTime::now()) {
        let help = "How long ago the control server last stood by the live table; 0 while it is connected.";
        gauge("towpath_control_table_age_seconds", help, age.as_secs_f64());
    }
    if let Some(hosts) = place.hosts() {
        let help = "Hosts that were fetched on demand, or that are known not to be there.";
        gauge("towpath_hosts", help, hosts.count() as f64);
        gauge("towpath_host_waiting", "Requests that wait for their host.", hosts.waiting().into());
    }
    let help =
        "Resources of the control server: those that are live, and those of which the newest version is not.";
    let mut family = text.family("towpath_control_resources", Shape::Gauge, help);
    for tally in standing.tallies.iter() {
        family.sample(&[("type", tally.kind), ("state", "live")], tally.live);
        for (open, count) in Open::ALL.iter().zip(tally.open) {
            family.sample(&[("type", tally.kind), ("state", open.name())], count);
        }
    }
}
