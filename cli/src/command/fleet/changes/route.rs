//! A change of one route.

use std::process::ExitCode;

use serde_json::Value;

use super::change::Change;
use crate::client::server::{Ask, Server, segment};

/// Asks for a change of a route, by the last step of its page.
pub(super) fn change(
    server: &Server,
    change: &Change,
    route: &str,
    page: &str,
    body: &Value,
) -> anyhow::Result<ExitCode> {
    let (namespace, route) = (segment(server.one_namespace()), segment(route));
    let ask = Ask::new(server, "POST", format!("/api/v1/routes/{namespace}/{route}/{page}"));
    change.make(server, ask.json(body))
}
