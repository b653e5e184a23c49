//! `maintenance`: a route that is closed for a while.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use smallvec::smallvec;
use towpath_config::model::{Maintenance, PathPattern};

use super::reply::LocalReply;
use crate::outcome::Reason;
use crate::route::RequestView;
use crate::route::condition::{holds, matches_path};

/// Whether the route is closed at this time, and for how long still, if that is known.
#[must_use]
pub fn in_force(maintenance: &Maintenance, now: SystemTime) -> Option<Option<Duration>> {
    let (start, end) = maintenance.schedule().unwrap_or((None, None));
    let begun = start.is_none_or(|start| start <= now);
    let left = end.map(|end| end.duration_since(now).ok().filter(|left| !left.is_zero()));
    let scheduled = maintenance.schedule().is_some() && begun && left != Some(None);
    (*maintenance.active() || scheduled).then(|| left.flatten().filter(|_| scheduled))
}

/// Whether this request gets through all the same.
#[must_use]
pub fn is_exempt(maintenance: &Maintenance, view: &RequestView<'_>) -> bool {
    let health = |pattern: &PathPattern| matches_path(pattern, view.path);
    maintenance.health_paths().iter().any(health)
        || maintenance.bypass().iter().any(|condition| holds(condition, view))
}

/// The filter: closed routes answer 503.
#[must_use]
pub fn judge<'a>(
    maintenance: &'a Maintenance,
    view: &RequestView<'_>,
    now: impl FnOnce() -> SystemTime,
) -> Option<LocalReply<'a>> {
    let left = in_force(maintenance, now())?;
    if is_exempt(maintenance, view) {
        return None;
    }
    let wait = left.map_or(*maintenance.retry_after(), |left| left.min(*maintenance.retry_after()));
    let seconds = wait.as_millis().div_ceil(1000);
    Some(LocalReply {
        reason: Reason::Maintenance,
        status: Reason::Maintenance.status(),
        body: Cow::Borrowed(maintenance.body()),
        content_type: Cow::Borrowed(maintenance.content_type()),
        fields: smallvec![("retry-after", seconds.to_string())],
        edits: None,
        grpc: None,
    })
}

#[cfg(test)]
mod tests;
