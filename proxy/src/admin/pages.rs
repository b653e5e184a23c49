//! The pages: one row each. The list at `/`, 404 and 405 are made from the same table.

use std::fmt::Write;

use hyper::StatusCode;

use super::context::AdminContext;
use super::reply::Reply;
use super::{documents, explain, metrics};
use crate::shared::Phase;

#[cfg(test)]
pub(in crate::admin) mod tests;

/// A request for a page.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) accept: &'a str,
    pub(super) body: &'a [u8],
}

impl Asked<'_> {
    /// Whether the query holds exactly this pair.
    pub(super) fn wants(&self, pair: &str) -> bool {
        self.query.split('&').any(|asked| asked == pair)
    }
}

/// How a page comes to its answer.
enum Way {
    Read(fn(&AdminContext, &Asked<'_>) -> Reply),
    Do(fn(&AdminContext, &Asked<'_>) -> Reply),
    Reload,
}

struct Page {
    path: &'static str,
    way: Way,
    about: &'static str,
}

const PAGES: [Page; 11] = [
    Page { path: "/", way: Way::Read(list), about: "this list" },
    Page { path: "/live", way: Way::Read(live), about: "200 while the process lives" },
    Page { path: "/ready", way: Way::Read(ready), about: "200 while it takes traffic; 503 while it drains" },
    Page { path: "/startup", way: Way::Read(live), about: "200 once the first route table is live" },
    Page {
        path: "/metrics",
        way: Way::Read(metrics::page),
        about: "OpenMetrics, or the classic Prometheus text",
    },
    Page {
        path: "/config",
        way: Way::Read(documents::config),
        about: "the live route table; ?format=yaml for YAML",
    },
    Page {
        path: "/clusters",
        way: Way::Read(documents::clusters),
        about: "clusters and endpoints with their live state",
    },
    Page { path: "/routes", way: Way::Read(documents::routes), about: "the order in which routes are tried" },
    Page { path: "/explain", way: Way::Do(explain::page), about: "what would become of a request, and why" },
    Page {
        path: "/drain",
        way: Way::Do(drain),
        about: "takes no new traffic and ends when the open exchanges have",
    },
    Page { path: "/reload", way: Way::Reload, about: "reads the route table again" },
];

impl Page {
    fn allow(&self) -> &'static str {
        match self.way {
            Way::Read(_) => "GET, HEAD",
            Way::Do(_) | Way::Reload => "POST",
        }
    }
}

/// Answers a request.
pub(super) async fn answer(context: &AdminContext, asked: &Asked<'_>) -> Reply {
    let Some(page) = PAGES.iter().find(|page| page.path == asked.path) else {
        return Reply { status: StatusCode::NOT_FOUND, ..list(context, asked) };
    };
    if !page.allow().split(", ").any(|method| method == asked.method) {
        let text = format!("{} wants {}\n", page.path, page.allow());
        return Reply { allow: Some(page.allow()), ..Reply::text(StatusCode::METHOD_NOT_ALLOWED, text) };
    }
    match page.way {
        Way::Read(make) | Way::Do(make) => make(context, asked),
        Way::Reload => match (context.reload)().await {
            Ok(done) => Reply::text(StatusCode::OK, format!("{done}\n")),
            Err(faults) => Reply::text(StatusCode::UNPROCESSABLE_ENTITY, format!("{faults}\n")),
        },
    }
}

fn list(_: &AdminContext, _: &Asked<'_>) -> Reply {
    let lines = PAGES.iter().fold(String::new(), |mut lines, page| {
        let method = page.allow().split(", ").next().unwrap_or_default();
        // writing to a string cannot fail
        let _ = writeln!(lines, "{method:<4} {:<10} {}", page.path, page.about);
        lines
    });
    Reply::text(StatusCode::OK, lines)
}

fn live(_: &AdminContext, _: &Asked<'_>) -> Reply {
    Reply::text(StatusCode::OK, "live\n")
}

fn ready(context: &AdminContext, _: &Asked<'_>) -> Reply {
    match context.shared.phase() {
        Phase::Serving => Reply::text(StatusCode::OK, "ready\n"),
        Phase::Draining => Reply::text(StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
    }
}

fn drain(context: &AdminContext, _: &Asked<'_>) -> Reply {
    context.shared.begin_drain();
    Reply::text(StatusCode::ACCEPTED, "draining\n")
}
