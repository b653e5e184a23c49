//! One candidate against one request: the judgement that the index shortens and `explain` spells out.

use towpath_config::model::{Candidate, Condition, Config, HostPattern, Route};

use crate::route::condition::{Predicate, first_failure, first_failure_after_path};
use crate::route::miss::Miss;
use crate::route::view::RequestView;

/// What a candidate failed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The host is not the one of the candidate.
    Host,
    /// The route does not answer on the listener.
    Listener,
    /// Its condition does not hold.
    Condition(Predicate),
}

impl From<Failure> for Miss {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Host => Self::NoHost,
            Failure::Listener => Self::NoListener,
            Failure::Condition(predicate) => predicate.into(),
        }
    }
}

/// A candidate with its ids resolved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resolved<'a> {
    pub(crate) route: &'a Route,
    pub(crate) host: &'a HostPattern,
    pub(crate) condition: &'a Condition,
}

impl<'a> Resolved<'a> {
    /// Looks up what the candidate names; in a validated config that is always there.
    pub(crate) fn of(config: &'a Config, candidate: &Candidate) -> Option<Self> {
        let route = config.route(candidate.route())?;
        let host = route.hosts().get(candidate.host())?;
        Some(Self { route, host, condition: route.conditions().get(candidate.condition())? })
    }

    /// The first stage that the request does not pass.
    pub(crate) fn first_failure(&self, view: &RequestView<'_>) -> Option<Failure> {
        if !matches_host(self.host, view.host) {
            return Some(Failure::Host);
        }
        self.listener_failure(view).or_else(|| first_failure(self.condition, view).map(Failure::Condition))
    }

    /// As [`Resolved::first_failure`], for a request of which host and path are known to match.
    pub(crate) fn first_failure_after_path(&self, view: &RequestView<'_>) -> Option<Failure> {
        self.listener_failure(view)
            .or_else(|| first_failure_after_path(self.condition, view).map(Failure::Condition))
    }

    /// Whether nothing is asked for but host and path.
    pub(crate) fn is_settled_by_path(&self) -> bool {
        let condition = self.condition;
        let fields = [condition.headers(), condition.query(), condition.cookies()];
        self.route.listeners().is_none()
            && condition.methods().is_empty()
            && fields.iter().all(|fields| fields.is_empty())
            && condition.source().is_empty()
    }

    fn listener_failure(&self, view: &RequestView<'_>) -> Option<Failure> {
        let listeners = self.route.listeners().as_ref()?;
        (!listeners.contains(&view.listener)).then_some(Failure::Listener)
    }
}

/// Whether the pattern accepts the host. A suffix wants at least one more label before it.
fn matches_host(pattern: &HostPattern, host: &str) -> bool {
    match pattern {
        HostPattern::Exact(exact) => host == exact,
        HostPattern::Suffix(suffix) => host.len() > suffix.len() && host.ends_with(suffix.as_str()),
        HostPattern::Any => true,
    }
}
