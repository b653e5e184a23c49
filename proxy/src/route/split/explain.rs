//! A split in words: what decides, and every destination with its share and score.

use towpath_config::model::{Key, Split};

use crate::route::split::{best, weight_total};
use crate::route::sticky::{Ground, read};
use crate::route::view::RequestView;

/// What would be chosen, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained<'a> {
    /// What decides.
    pub by: Decides<'a>,
    /// Position of the destination; `None` when chance is still to be asked, or every weight is zero.
    pub destination: Option<usize>,
    /// All destinations, in their order.
    pub shares: Vec<Share<'a>>,
}

/// What decides about a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decides<'a> {
    /// There is only one.
    Only,
    /// The variant that a trusted caller sent.
    Trusted,
    /// A key of the request.
    Key {
        /// Position in `by`.
        position: usize,
        /// What it holds.
        value: String,
    },
    /// A new key, which the answer sets as this cookie.
    NewCookie(&'a str),
    /// Chance, by weight.
    Chance,
}

impl Decides<'_> {
    /// In words; the key as the table writes it.
    #[must_use]
    pub fn told(&self, split: &Split) -> String {
        match self {
            Self::Only => "the only destination".to_owned(),
            Self::Trusted => "the variant that a trusted caller sent".to_owned(),
            Self::Key { position, .. } => {
                let sticky = split.sticky().as_ref();
                sticky.and_then(|sticky| sticky.by().get(*position)).map(words).unwrap_or_default()
            }
            Self::NewCookie(name) => format!("a new cookie {name}, by weight"),
            Self::Chance => "chance, by weight".to_owned(),
        }
    }
}

fn words(key: &Key) -> String {
    match key {
        Key::Header(name) => format!("header {name}"),
        Key::Cookie { name, .. } => format!("cookie {name}"),
        Key::SourceIp => "source ip".to_owned(),
        Key::Query(name) => format!("query {name}"),
    }
}

/// One destination of a split.
#[derive(Debug, Clone, PartialEq)]
pub struct Share<'a> {
    /// `cluster` or `cluster/subset`.
    pub name: &'a str,
    /// What cohorts agree on.
    pub variant: &'a str,
    /// As written.
    pub weight: u32,
    /// Of all requests, or of all users, between 0 and 1.
    pub share: f64,
    /// Where the user stands for this variant; only when a key decides.
    pub bucket: Option<Bucket>,
}

/// Where a user of a cohort stands for one variant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// What the user's key draws, between 0 and 1.
    pub draw: f64,
    /// weight / -ln(draw); the highest wins.
    pub score: f64,
}

/// Explains what [`super::choose`] would do.
#[must_use]
pub fn explain<'a>(split: &'a Split, view: &RequestView<'_>) -> Explained<'a> {
    let destinations = split.destinations();
    let ground = Ground::of(split, view);
    let total = weight_total(destinations).max(1) as f64;
    let shares = destinations.iter().map(|destination| {
        let (variant, weight) = (destination.variant().as_str(), *destination.weight());
        let share = if destinations.len() == 1 { 1.0 } else { f64::from(weight) / total };
        let bucket = match &ground {
            Ground::Key { member, .. } => {
                Some(Bucket { draw: member.draw(variant), score: member.score(variant, weight) })
            }
            _ => None,
        };
        Share { name: destination.name(), variant, weight, share, bucket }
    });
    let shares = shares.collect();
    let (by, destination) = match ground {
        Ground::Only => (Decides::Only, Some(0)),
        Ground::Trusted(destination) => (Decides::Trusted, Some(destination)),
        Ground::Key { position, member } => {
            let value = key_text(split, position, view);
            (Decides::Key { position, value }, best(&member, destinations))
        }
        Ground::NewCookie { name, .. } => (Decides::NewCookie(name), None),
        Ground::Chance => (Decides::Chance, None),
    };
    Explained { by, destination, shares }
}

fn key_text(split: &Split, position: usize, view: &RequestView<'_>) -> String {
    let mut text = String::new();
    if let Some(key) = split.sticky().as_ref().and_then(|sticky| sticky.by().get(position)) {
        read(key, view, &mut |value| text.push_str(&String::from_utf8_lossy(value)));
    }
    text
}
