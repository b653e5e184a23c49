//! What happens in the fleet, for whoever watches.

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When, in milliseconds since 1970 by the clock of the server.
    pub time_ms: u64,
    /// Whose it is; everybody's when there is none.
    pub namespace: Option<String>,
    /// What.
    pub happening: Happening,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// The mesh was changed.
    Revision {
        /// The new revision.
        revision: u64,
        /// Who changed it.
        who: String,
        /// Why.
        message: String,
    },
    /// A proxy came.
    Connected {
        /// `NAMESPACE/ID`.
        proxy: String,
        /// From where.
        address: String,
    },
    /// A proxy went.
    Gone {
        /// `NAMESPACE/ID`.
        proxy: String,
        /// Why, as far as the server knows.
        reason: String,
    },
    /// A proxy does not take a resource.
    Rejected {
        /// `NAMESPACE/ID`.
        proxy: String,
        /// The type of the resource.
        kind: &'static str,
        /// `NAMESPACE/NAME`.
        name: String,
        /// Why.
        reason: String,
    },
    /// Every proxy that is connected has judged a revision.
    Applied {
        /// The revision.
        revision: u64,
        /// So many proxies.
        proxies: usize,
    },
    /// A revision that goes step by step came to a step.
    Stage {
        /// The revision.
        revision: u64,
        /// The step: `one`, `10%`, `all`.
        step: String,
    },
    /// A revision was taken back.
    Reverted {
        /// The revision.
        revision: u64,
        /// Why.
        reason: String,
    },
}
