//! From a request to what is done with it: snapshot → route → chain → destination. Pure but for the random draw.

use std::borrow::Cow;

use smallvec::smallvec;
use towpath_config::model::{Action, Condition, Destination, Forward, Route, RouteId};

use super::location::{Asked, location};
use super::subject::Subject;
use crate::filter::chain::{self, Permitted};
use crate::filter::forwarded;
use crate::filter::reply::{LocalReply, Refused};
use crate::outcome::Reason;
use crate::route::Miss;
use crate::route::split::{NewCookie, choose};

/// A request that goes to an upstream.
#[derive(Debug)]
pub struct Decision<'a> {
    /// The route.
    pub route: &'a Route,
    /// Its alternative that held.
    pub condition: &'a Condition,
    /// What it does.
    pub forward: &'a Forward,
    /// The chosen destination.
    pub destination: &'a Destination,
    /// The cookie that keeps the client where it is, when it had none.
    pub cookie: Option<NewCookie<'a>>,
    /// That no filter objected.
    pub permitted: Permitted,
}

/// What is known of the way a request took, even when it ended early.
#[derive(Debug, Default, Clone, Copy)]
pub struct Way {
    /// The route.
    pub route: Option<RouteId>,
    /// Position of the chosen destination.
    pub destination: Option<usize>,
}

impl From<Miss> for Reason {
    fn from(miss: Miss) -> Self {
        match miss {
            Miss::NoHost => Self::NoHost,
            Miss::NoListener => Self::NoListener,
            Miss::NoPath => Self::NoPath,
            Miss::NoMethod => Self::NoMethod,
            Miss::NoHeader => Self::NoHeader,
            Miss::NoQuery => Self::NoQuery,
            Miss::NoCookie => Self::NoCookie,
            Miss::NoSource => Self::NoSource,
        }
    }
}

/// Decides. `way` is filled in as far as it was gone.
///
/// # Errors
/// The proxy answers by itself.
pub fn decide<'a>(
    subject: &Subject<'a>,
    rng: &mut fastrand::Rng,
    way: &mut Way,
) -> Result<Decision<'a>, Refused<'a>> {
    let Subject { snapshot, view, .. } = subject;
    let config = snapshot.config();
    let found = snapshot.index().find(config, view).map_err(Reason::from)?;
    way.route = Some(found.route);
    let route = config.route(found.route).ok_or(Reason::Internal)?;
    let condition = route.conditions().get(found.condition).ok_or(Reason::Internal)?;
    let permitted = chain::judge(route, view, subject.pressure)?;
    let forward = match route.action() {
        Action::Forward(forward) => forward,
        Action::Redirect(redirect) => {
            let scheme = forwarded::scheme(&subject.head.fields, subject.listener);
            let asked =
                Asked { scheme, authority: subject.head.authority(), path: view.path, query: view.query };
            return Err(Box::new(LocalReply {
                status: *redirect.status(),
                body: Cow::Borrowed(""),
                fields: smallvec![("location", location(redirect, condition, &asked))],
                edits: Some(redirect.response_headers()),
                ..LocalReply::from(Reason::Redirect)
            }));
        }
        Action::Respond(respond) => {
            return Err(Box::new(LocalReply {
                status: *respond.status(),
                body: Cow::Borrowed(respond.body()),
                content_type: Cow::Borrowed(respond.content_type()),
                edits: Some(respond.response_headers()),
                ..LocalReply::from(Reason::DirectResponse)
            }));
        }
    };
    let chosen = choose(forward.split(), view, rng).ok_or(Reason::NoDestination)?;
    way.destination = Some(chosen.destination);
    let destination = forward.split().destinations().get(chosen.destination).ok_or(Reason::Internal)?;
    Ok(Decision { route, condition, forward, destination, cookie: chosen.cookie(), permitted })
}
