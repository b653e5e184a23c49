//! How a table goes live, whichever way it came.

use std::fmt;

use towpath_config::model::Config;

/// Makes a table live: does first what may fail (opens sockets), then calls the second argument, which publishes the
/// table, then does what is left.
pub type GoLive<'a> = dyn FnMut(&Config, &mut dyn FnMut()) -> Result<(), Halt> + 'a;

/// Why a table is not live, or not all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// Addresses of listeners cannot be had: nothing was published, the old table stays.
    Sockets(Vec<Unbound>),
    /// It was published, and this was left to do.
    Rest(String),
}

/// A listener whose address cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbound {
    /// Its name.
    pub listener: String,
    /// What the system says, as text for people.
    pub fault: String,
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rest(fault) => f.write_str(fault),
            Self::Sockets(unbound) => {
                let lines: Vec<_> = unbound.iter().map(|one| one.fault.as_str()).collect();
                f.write_str(&lines.join("\n"))
            }
        }
    }
}
