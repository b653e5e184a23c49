//! What became of a document.

use towpath_config::Faults;
use towpath_config::parts::Outcome;

/// What became of the newest text of a document.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Whether it is live, and why not. What was live before stays then.
    pub outcome: Outcome,
    /// Routes of what is live that go on to clusters which are no longer granted, or gone.
    pub withdrawn: Option<Faults>,
}

impl Verdict {
    pub(super) fn of(outcome: Outcome) -> Self {
        Self { outcome, withdrawn: None }
    }

    /// Whether the newest text is live, and all that it names is there.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.faults().next().is_none()
    }

    /// All that is wrong with it.
    pub fn faults(&self) -> impl Iterator<Item = &Faults> {
        self.outcome.faults().into_iter().chain(&self.withdrawn)
    }
}
