//! Which of several destinations a request goes to.

use fastrand::Rng;
use towpath_config::model::{CookieLife, Destination, Split};

use crate::route::rendezvous::Member;
use crate::route::sticky::Ground;
use crate::route::view::RequestView;

mod explain;

#[cfg(test)]
mod tests;

pub use explain::{Bucket, Decides, Explained, Share, explain};

/// A destination, and what decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen<'a> {
    /// Position in the split's destinations.
    pub destination: usize,
    /// What decided.
    pub by: ChosenBy<'a>,
}

/// What decided about a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChosenBy<'a> {
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
    /// A key that was made up just now.
    NewCookie(NewCookie<'a>),
}

/// A key that the answer has to set as a cookie, so that the client comes back with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewCookie<'a> {
    /// Its name.
    pub name: &'a str,
    /// 128 random bits in hexadecimal.
    pub value: [u8; 32],
    /// How long it lives; never passive.
    pub life: CookieLife,
}

impl<'a> Chosen<'a> {
    /// The cookie that is to be set, if one was made.
    #[must_use]
    pub fn cookie(&self) -> Option<NewCookie<'a>> {
        if let ChosenBy::NewCookie(cookie) = self.by { Some(cookie) } else { None }
    }
}

/// Chooses a destination; `None` when every weight is zero.
#[must_use]
pub fn choose<'a>(split: &'a Split, view: &RequestView<'_>, rng: &mut Rng) -> Option<Chosen<'a>> {
    let destinations = split.destinations();
    let (destination, by) = match Ground::of(split, view) {
        Ground::Only => (0, ChosenBy::Only),
        Ground::Trusted(destination) => (destination, ChosenBy::Trusted),
        Ground::Key { position, member } => (best(&member, destinations)?, ChosenBy::Key { position }),
        Ground::NewCookie { cohort, name, life } => {
            let value = hexadecimal(rng.u128(..));
            let by = ChosenBy::NewCookie(NewCookie { name, value, life });
            (best(&Member::new(cohort, &value), destinations)?, by)
        }
        Ground::Chance => (drawn(destinations, rng)?, ChosenBy::Random),
    };
    Some(Chosen { destination, by })
}

fn hexadecimal(bits: u128) -> [u8; 32] {
    std::array::from_fn(|position| match (bits >> (4 * position)) as u8 & 0xf {
        digit @ 0..=9 => b'0' + digit,
        letter => b'a' + letter - 10,
    })
}

fn best(member: &Member, destinations: &[Destination]) -> Option<usize> {
    member
        .best(destinations.iter().map(|destination| (destination.variant().as_str(), *destination.weight())))
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
