//! What probes and scrapers ask.

use super::asked::Asked;
use crate::api::shape::{Problem, Reply};

pub(super) fn ready(asked: &Asked) -> Result<Reply, Problem> {
    asked.site.control.ready().map(|()| Reply::text("ready\n")).map_err(Problem::not_ready)
}

/// Metrics of the server, and of the API.
pub(super) fn exposition(asked: &Asked) -> Reply {
    let mut text = asked.site.control.exposition();
    asked.site.counters.write(&mut text);
    Reply::new("text/plain; version=0.0.4; charset=utf-8", text)
}
