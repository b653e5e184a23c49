//! STOP 6: the filters, in their one order. Only this file makes a [`Permitted`].

use std::time::SystemTime;

use towpath_config::model::Route;

use super::maintenance;
use super::reply::{LocalReply, Refused};
use crate::route::RequestView;

/// The proof that a request went through the chain; `forward::send` wants it.
#[derive(Debug)]
pub struct Permitted(());

/// What a filter says of a request.
enum Verdict<'a> {
    Continue,
    Reply(LocalReply<'a>),
}

type Filter = for<'a> fn(&'a Route, &RequestView<'_>) -> Verdict<'a>;

/// One row, one filter. The order cannot be configured.
const CHAIN: [Filter; 1] = [closed];

fn closed<'a>(route: &'a Route, view: &RequestView<'_>) -> Verdict<'a> {
    let maintenance = route.maintenance().as_ref();
    maintenance
        .and_then(|maintenance| maintenance::judge(maintenance, view, SystemTime::now))
        .map_or(Verdict::Continue, Verdict::Reply)
}

/// Runs the chain over a request head.
///
/// # Errors
/// A filter answers in place of the upstream.
pub fn judge<'a>(route: &'a Route, view: &RequestView<'_>) -> Result<Permitted, Refused<'a>> {
    for filter in CHAIN {
        if let Verdict::Reply(reply) = filter(route, view) {
            return Err(Box::new(reply));
        }
    }
    Ok(Permitted(()))
}
