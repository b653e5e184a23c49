//! STOP 6: the filters, in their one order. Only this file makes a [`Permitted`].

use std::time::SystemTime;

use smallvec::smallvec;
use towpath_config::model::{Importance, Route};

use super::maintenance;
use super::reply::{LocalReply, Refused};
use crate::outcome::Reason;
use crate::route::RequestView;
use crate::sys::memory::Pressure;

/// When a client should come back to a process that has no memory left; that is looked at many times a second.
const OVERLOAD_SECONDS: u8 = 5;

/// The proof that a request went through the chain; `forward::send` wants it.
#[derive(Debug)]
pub struct Permitted(());

/// What a filter says of a request.
enum Verdict<'a> {
    Continue,
    Reply(LocalReply<'a>),
}

type Filter = for<'a> fn(&'a Route, &RequestView<'_>, Pressure) -> Verdict<'a>;

/// One row, one filter. The order cannot be configured.
const CHAIN: [Filter; 2] = [overloaded, closed];

/// No request is worth the memory of those that are under way; one of low importance is not worth what is nearly gone.
fn overloaded<'a>(route: &'a Route, _: &RequestView<'_>, pressure: Pressure) -> Verdict<'a> {
    match (pressure, **route.importance()) {
        (Pressure::Low, _) | (Pressure::High, Importance::Normal | Importance::High) => Verdict::Continue,
        (Pressure::High, Importance::Low) | (Pressure::Full, _) => Verdict::Reply(LocalReply {
            fields: smallvec![("retry-after", OVERLOAD_SECONDS.to_string())],
            ..LocalReply::from(Reason::Overload)
        }),
    }
}

fn closed<'a>(route: &'a Route, view: &RequestView<'_>, _: Pressure) -> Verdict<'a> {
    let maintenance = route.maintenance().as_ref();
    maintenance
        .and_then(|maintenance| maintenance::judge(maintenance, view, SystemTime::now))
        .map_or(Verdict::Continue, Verdict::Reply)
}

/// Runs the chain over a request head.
///
/// # Errors
/// A filter answers in place of the upstream.
pub fn judge<'a>(
    route: &'a Route,
    view: &RequestView<'_>,
    pressure: Pressure,
) -> Result<Permitted, Refused<'a>> {
    for filter in CHAIN {
        if let Verdict::Reply(reply) = filter(route, view, pressure) {
            return Err(Box::new(reply));
        }
    }
    Ok(Permitted(()))
}
