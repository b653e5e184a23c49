//! `/metrics`: what the workers counted, and how clusters and the route table stand.

use std::time::{SystemTime, UNIX_EPOCH};

use hyper::StatusCode;

use super::context::Site;
use super::fleet;
use super::names;
use super::pages::Asked;
use super::reply::Reply;
use crate::observe::expose::{Exposition, Format, Shape};
use crate::observe::metrics;
use crate::shared::Shared;
use crate::snapshot::{AccessLogs, Snapshot};
use crate::sys::{files, memory};

mod clusters;
mod health;
mod shed;

#[cfg(test)]
mod tests;

pub(super) fn page(site: &Site, asked: &Asked) -> Reply {
    let format = Format::negotiate(&asked.accept);
    let body = exposition(&site.shared, format);
    Reply { content_type: format.content_type(), ..Reply::text(StatusCode::OK, body) }
}

fn exposition(shared: &Shared, format: Format) -> String {
    let snapshot = shared.snapshot();
    let mut text = Exposition::new(format);
    write_process(&mut text, shared, &snapshot);
    write_workers(&mut text, shared);
    write_listeners(&mut text, &snapshot);
    write_access_logs(&mut text, &snapshot);
    clusters::write(&mut text, &snapshot);
    names::write(&mut text, &snapshot);
    health::write(&mut text, &snapshot);
    shed::write(&mut text, &snapshot);
    fleet::write(&mut text, shared);
    metrics::write_stats(&mut text, shared.stats());
    metrics::write_series(&mut text, shared.series());
    metrics::write_passages(&mut text, shared.series());
    text.finish()
}

fn write_process(text: &mut Exposition, shared: &Shared, snapshot: &Snapshot) {
    let process = snapshot.config().process();
    let labels = [
        ("version", env!("CARGO_PKG_VERSION")),
        ("id", process.id()),
        ("namespace", process.namespace()),
        ("locality", process.locality().as_deref().unwrap_or_default()),
    ];
    text.family("towpath_build", Shape::Info, "This proxy.").sample(&labels, 1);
    let mut gauge = |name, help, value: f64| text.family(name, Shape::Gauge, help).sample(&[], value);
    let pressure = shared.pressure();
    gauge(
        "towpath_memory_pressure",
        "0: low, 1: high, no connection is kept; 2: full, requests get 503.",
        pressure as u8 as f64,
    );
    if let Some(limit) = **process.limits().memory() {
        gauge("towpath_memory_limit_bytes", "The memory that the route table allows.", limit as f64);
    }
    let help = "Connections from clients that may be open: as the route table says, as far as there are files for them.";
    gauge("towpath_downstream_connections_limit", help, shared.connections_max().into());
    gauge("process_max_fds", "Files that the process may have open.", shared.files().all as f64);
    if let Some(open) = files::open() {
        gauge("process_open_fds", "Files that the process has open.", open as f64);
    }
    if let Some(octets) = memory::resident() {
        gauge("process_resident_memory_bytes", "Memory that is resident.", octets as f64);
    }
    let help = "What compressors hold that are at work.";
    gauge("towpath_compression_memory_bytes", help, shared.compression().held() as f64);
    let help = "Counts up with each route table that goes live; 1 is the first.";
    gauge("towpath_config_generation", help, snapshot.generation() as f64);
    let help = "When the live route table went live.";
    gauge("towpath_config_loaded_timestamp_seconds", help, seconds(snapshot.loaded()));
    let help = "1 when the newest route table was refused and an older one is live, else 0.";
    gauge("towpath_config_rejected", help, if shared.rejection().is_some() { 1.0 } else { 0.0 });
    let help = "Destinations of routes that are counted together, because `limits.series` are counted apart.";
    gauge("towpath_series_overflowed", help, snapshot.overflowed() as f64);
    let help = "0 while it serves, 1 while it asks not to be chosen, 2 once it takes nothing new.";
    gauge("towpath_drain_stage", help, f64::from(shared.phase() as u8));
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as f64 / 1000.0
}

fn write_workers(text: &mut Exposition, shared: &Shared) {
    let workers = || shared.workers().iter().enumerate().map(|(number, worker)| (number.to_string(), worker));
    let help =
        "How long a worker was at work and did not wait; its rate is the share of the worker that is used.";
    let mut family = text.family("towpath_worker_busy_seconds", Shape::Counter, help);
    workers().for_each(|(name, worker)| family.sample(&[("worker", &name)], worker.busy().as_secs_f64()));
    let help = "Connections from clients that a worker carries.";
    let mut family = text.family("towpath_worker_connections", Shape::Gauge, help);
    workers().for_each(|(name, worker)| family.sample(&[("worker", &name)], worker.connections()));
}

fn write_listeners(text: &mut Exposition, snapshot: &Snapshot) {
    let help = "Connections from clients that are open, by listener.";
    let mut family = text.family("towpath_downstream_connections_open", Shape::Gauge, help);
    let listeners = snapshot.listeners();
    listeners.iter().for_each(|listener| family.sample(&[("listener", listener.name())], listener.open()));
    let tallies: Vec<_> = listeners.iter().map(|listener| (listener.name(), listener.tally())).collect();
    metrics::write_tallies(text, "listener", &tallies);
}

fn write_access_logs(text: &mut Exposition, snapshot: &Snapshot) {
    let queues = snapshot.access_logs().map(AccessLogs::queues).unwrap_or_default();
    let tallies: Vec<_> = queues.iter().map(|queue| (queue.name(), queue.tally())).collect();
    metrics::write_tallies(text, "log", &tallies);
}
