//! Which of several destinations a request goes to.

use std::fmt;

use fastrand::Rng;
use towpath_config::model::{Destination, Split};

use crate::route::rendezvous::Member;
use crate::route::sticky::Ground;
use crate::route::view::RequestView;

mod explain;

#[cfg(test)]
mod tests;

pub use explain::{Explained, Share, explain};

/// A destination, and what decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen {
    /// Position in the split's destinations.
    pub destination: usize,
    /// What decided.
    pub by: ChosenBy,
}

/// What decided about a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChosenBy {
    /// There is only one.
    Only,
    /// Chance, by weight.
    Random,
    /// The key at this position of the split's `by`.
    Key {
        /// Position in `by`.
        position: usize,
    },
    /// The variant that a trusted caller sent, whatever its weight is now.
    Trusted,
    /// A key that was made up just now: the answer has to set it as a cookie.
    NewCookie {
        /// Position in `by` of the cookie.
        position: usize,
        /// Its value.
        id: CookieId,
    },
}

/// 128 random bits in hexadecimal: the value of a generated cookie.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CookieId([u8; 32]);

impl CookieId {
    fn new(rng: &mut Rng) -> Self {
        let bits = rng.u128(..);
        let digit = |position: usize| char::from_digit((bits >> (4 * position)) as u32 & 0xf, 16);
        Self(std::array::from_fn(|position| digit(position).map_or(b'0', |digit| digit as u8)))
    }

    /// The value as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for CookieId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Chooses a destination; `None` when every weight is zero.
#[must_use]
pub fn choose(split: &Split, view: &RequestView<'_>, rng: &mut Rng) -> Option<Chosen> {
    let destinations = split.destinations();
    let (destination, by) = match Ground::of(split, view) {
        Ground::Only => (0, ChosenBy::Only),
        Ground::Trusted(destination) => (destination, ChosenBy::Trusted),
        Ground::Key { position, member } => (best(&member, destinations)?, ChosenBy::Key { position }),
        Ground::NewCookie { position } => {
            let cohort = split.sticky().as_ref().map_or("", |sticky| sticky.cohort());
            let id = CookieId::new(rng);
            (best(&Member::new(cohort, &id.0), destinations)?, ChosenBy::NewCookie { position, id })
        }
        Ground::Chance => (drawn(destinations, rng)?, ChosenBy::Random),
    };
    Some(Chosen { destination, by })
}

fn best(member: &Member, destinations: &[Destination]) -> Option<usize> {
    member.best(destinations.iter().map(|destination| (destination.variant().as_str(), *destination.weight())))
}

fn drawn(destinations: &[Destination], rng: &mut Rng) -> Option<usize> {
    let total = weight_total(destinations);
    let mut left = rng.u64(..total.max(1));
    destinations.iter().position(|destination| {
        let weight = u64::from(*destination.weight());
        let inside = left < weight;
        left = left.saturating_sub(weight);
        inside
    })
}

fn weight_total(destinations: &[Destination]) -> u64 {
    destinations.iter().map(|destination| u64::from(*destination.weight())).sum()
}
