//! What is settled, and what comes of it.

use crate::fault::Faults;
use crate::parts::{Assembled, Content};
use crate::validate::Compiled;

/// What stands and falls together: a resource at a proxy, a file at the control server.
#[derive(Debug, Clone, Default)]
pub struct Unit {
    /// What was said last; `None` when it was removed.
    pub new: Option<Content>,
    /// What was live last; `None` when it never was, or was removed then.
    pub good: Option<Content>,
}

/// What became of the newest content of a unit.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It is live.
    Live,
    /// It is wrong: what was live stays.
    Rejected(Faults),
    /// It names what is not there: what was live stays.
    Waiting(Faults),
    /// It takes away what others need: what was live stays.
    Held(Faults),
}

impl Outcome {
    /// Why it is not live.
    #[must_use]
    pub fn faults(&self) -> Option<&Faults> {
        match self {
            Self::Live => None,
            Self::Rejected(faults) | Self::Waiting(faults) | Self::Held(faults) => Some(faults),
        }
    }
}

/// A table that compiles, and what of each unit is in it.
#[derive(Debug, Clone)]
pub struct Settled {
    pub(super) compiled: Compiled,
    pub(super) document: Assembled,
    pub(super) outcomes: Vec<Outcome>,
}

impl Settled {
    /// What goes live.
    #[must_use]
    pub fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// The document that says so.
    #[must_use]
    pub fn document(&self) -> &Assembled {
        &self.document
    }

    /// What became of each unit, in their order.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// What goes live, without the rest.
    #[must_use]
    pub fn into_parts(self) -> (Compiled, Assembled, Vec<Outcome>) {
        (self.compiled, self.document, self.outcomes)
    }
}
