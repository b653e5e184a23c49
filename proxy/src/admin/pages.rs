//! The pages: one row each. The list at `/`, 404 and 405 are made from the same table.

use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hyper::StatusCode;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::context::{Act, Acts, AdminContext, Site};
use super::reply::Reply;
use super::{documents, explain, fleet, log, metrics, words};
use crate::shared::{Drain, Leave, Phase, Shared};

#[cfg(test)]
pub(in crate::admin) mod tests;

/// A request for a page.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) accept: String,
    pub(super) body: Bytes,
}

impl Asked {
    /// Whether the query holds exactly this pair.
    pub(super) fn wants(&self, pair: &str) -> bool {
        self.query.split('&').any(|asked| asked == pair)
    }
}

/// How a page comes to its answer.
enum Way {
    /// At once: probes wait for nobody.
    Now(Make),
    /// On a thread of its own, one at a time: large tables make long pages, and the control thread accepts connections.
    Work(Make),
    /// By having something done.
    Act(fn(&Acts) -> &Act),
}

type Make = fn(&Site, &Asked) -> Reply;

const READ: &str = "GET, HEAD";
const DO: &str = "POST";
const READ_AND_DO: &str = "GET, HEAD, POST";

struct Page {
    path: &'static str,
    allow: &'static str,
    way: Way,
    about: &'static str,
}

const fn page(path: &'static str, allow: &'static str, way: Way, about: &'static str) -> Page {
    Page { path, allow, way, about }
}

const PAGES: [Page; 14] = [
    page("/", READ, Way::Now(list), "this list"),
    page("/live", READ, Way::Now(live), "200 while the process lives"),
    page(
        "/ready",
        READ,
        Way::Now(ready),
        "200 while it takes traffic; 503 before the first table and answers of DNS, and while it drains",
    ),
    page("/startup", READ, Way::Now(startup), "200 once the first route table is live"),
    page("/metrics", READ, Way::Work(metrics::page), "OpenMetrics, or the classic Prometheus text"),
    page("/config", READ, Way::Work(documents::config), "the live route table; ?format=yaml for YAML"),
    page("/clusters", READ, Way::Work(documents::clusters), "clusters and endpoints with their live state"),
    page("/routes", READ, Way::Work(documents::routes), "the order in which routes are tried"),
    page("/explain", DO, Way::Work(explain::page), "what would become of a request, and why"),
    page(
        "/drain",
        DO,
        Way::Now(drain),
        "fails readiness, then takes nothing new, and ends when what is open has",
    ),
    page("/reload", DO, Way::Act(|acts| &acts.reload), "reads the route table again"),
    page("/log", READ_AND_DO, Way::Now(log::page), "the level of the process log; POST ?level=debug sets it"),
    page("/logs/reopen", DO, Way::Act(|acts| &acts.reopen), "opens the files of access logs anew"),
    page("/upgrade", DO, Way::Act(|acts| &acts.upgrade), "puts a new process in the place of this one"),
];

/// Answers a request.
pub(super) async fn answer(context: &AdminContext, asked: Asked) -> Reply {
    let Some(page) = PAGES.iter().find(|page| page.path == asked.path) else {
        return Reply { status: StatusCode::NOT_FOUND, ..list(&context.site, &asked) };
    };
    if !page.allow.split(", ").any(|method| method == asked.method) {
        let text = format!("{} wants {}\n", page.path, page.allow);
        return Reply { allow: Some(page.allow), ..Reply::text(StatusCode::METHOD_NOT_ALLOWED, text) };
    }
    match page.way {
        Way::Now(make) => make(&context.site, &asked),
        Way::Work(make) => work(context, asked, make).await,
        Way::Act(act) => match act(&context.acts)().await {
            Ok(done) => Reply::text(StatusCode::OK, format!("{done}\n")),
            Err(faults) => Reply::text(StatusCode::UNPROCESSABLE_ENTITY, format!("{faults}\n")),
        },
    }
}

async fn work(context: &AdminContext, asked: Asked, make: Make) -> Reply {
    let turn = Arc::clone(&context.work).acquire_owned().await;
    let site = Arc::clone(&context.site);
    let made = spawn_blocking(move || {
        // the turn is over when the work is, though the client may have gone before
        let _turn = turn;
        make(&site, &asked)
    })
    .await;
    made.unwrap_or_else(|bug| Reply::text(StatusCode::INTERNAL_SERVER_ERROR, format!("{bug}\n")))
}

fn list(_: &Site, _: &Asked) -> Reply {
    let lines = PAGES.iter().fold(String::new(), |mut lines, page| {
        let method = page.allow.split(", ").next().unwrap_or_default();
        // writing to a string cannot fail
        let _ = writeln!(lines, "{method:<4} {:<12} {}", page.path, page.about);
        lines
    });
    Reply::text(StatusCode::OK, lines)
}

fn live(_: &Site, _: &Asked) -> Reply {
    Reply::text(StatusCode::OK, "live\n")
}

fn startup(site: &Site, _: &Asked) -> Reply {
    match site.shared.snapshot().has_table() {
        true => Reply::text(StatusCode::OK, "started\n"),
        false => fleet::waiting(site),
    }
}

fn ready(site: &Site, _: &Asked) -> Reply {
    match site.shared.drain() {
        None if !site.shared.snapshot().has_table() => fleet::waiting(site),
        None => match site.shared.snapshot().awaited_names(SystemTime::now()).as_slice() {
            [] => Reply::text(StatusCode::OK, "ready\n"),
            waiting => {
                let text = format!("waiting for the names of clusters: {}\n", waiting.join(", "));
                Reply::text(StatusCode::SERVICE_UNAVAILABLE, text)
            }
        },
        Some(drain) => Reply::text(StatusCode::SERVICE_UNAVAILABLE, progress(&site.shared, &drain)),
    }
}

fn drain(site: &Site, _: &Asked) -> Reply {
    let drain = site.shared.begin_drain(Leave::Announced);
    Reply::text(StatusCode::ACCEPTED, progress(&site.shared, &drain))
}

/// How far a drain has come.
fn progress(shared: &Shared, drain: &Drain) -> String {
    let open = shared.connections();
    if shared.phase() == Phase::Closed {
        format!("draining: nothing new is taken; {open} connections have {} to end\n", left(drain.deadline))
    } else {
        format!("draining: connections are taken for another {}; {open} are open\n", left(drain.closes))
    }
}

/// The time until then, in whole seconds.
fn left(until: Instant) -> String {
    let left = until.saturating_duration_since(Instant::now());
    words::duration(Duration::from_secs(left.as_secs_f64().ceil() as u64))
}
