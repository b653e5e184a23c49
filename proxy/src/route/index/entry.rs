//! One candidate, as much of it as most requests need to see.

use towpath_config::model::{Candidate, Config};

use crate::route::candidate::{Failure, Resolved};
use crate::route::index::Match;
use crate::route::view::RequestView;

/// A candidate of which host and path are settled by where it stands in the index. When it asks for nothing else a
/// flag says so, and a lookup reads nothing of the config.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    candidate: Candidate,
    is_settled: bool,
}

impl Entry {
    pub(crate) fn new(config: &Config, candidate: &Candidate) -> Self {
        let is_settled =
            Resolved::of(config, candidate).is_some_and(|resolved| resolved.is_settled_by_path());
        Self { candidate: candidate.clone(), is_settled }
    }

    /// Takes the request, or says which stage behind the path it does not pass.
    pub(crate) fn judge(&self, config: &Config, view: &RequestView<'_>) -> Result<Match, Failure> {
        if !self.is_settled {
            let resolved = Resolved::of(config, &self.candidate).ok_or(Failure::Host)?;
            resolved.first_failure_after_path(view).map_or(Ok(()), Err)?;
        }
        Ok(Match { route: self.candidate.route(), condition: self.candidate.condition() })
    }
}
