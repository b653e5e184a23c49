//! From a connection of a TCP listener to its route. Of a connection nothing is known but the listener and the source, so
//! the few candidates of the listener are tried one after the other.

use towpath_config::model::{Candidate, Config, ListenerId};

use crate::route::candidate::Resolved;
use crate::route::index::Match;
use crate::route::miss::Miss;
use crate::route::view::RequestView;

/// The candidates of each listener, in the order of trial. Built once for each [`Config`], and asked with that one only.
#[derive(Debug, Default)]
pub struct Connections(Vec<Vec<Candidate>>);

impl Connections {
    /// Sorts `config.connection_order()` by listeners.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let mut by_listener = vec![Vec::new(); config.listeners().len()];
        for candidate in config.connection_order() {
            let route = config.route(candidate.route());
            let listeners = route.and_then(|route| route.listeners().as_ref());
            for listener in listeners.into_iter().flatten() {
                if let Some(candidates) = by_listener.get_mut(listener.index()) {
                    candidates.push(candidate.clone());
                }
            }
        }
        Self(by_listener)
    }

    /// The first candidate of which all holds.
    ///
    /// # Errors
    /// The furthest stage that any candidate reached, when none holds.
    pub fn find(&self, config: &Config, view: &RequestView<'_>) -> Result<Match, Miss> {
        let mut furthest = Miss::NoListener;
        for candidate in self.of(view.listener) {
            let failure = Resolved::of(config, candidate).map(|resolved| resolved.first_failure(view));
            match failure {
                Some(None) => {
                    return Ok(Match { route: candidate.route(), condition: candidate.condition() });
                }
                Some(Some(failure)) => furthest = furthest.max(failure.into()),
                None => {}
            }
        }
        Err(furthest)
    }

    fn of(&self, listener: ListenerId) -> &[Candidate] {
        self.0.get(listener.index()).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests;
