//! A split in words: every destination with its share, and what each would score for this request.

use towpath_config::model::Split;

use crate::route::split::{Chosen, ChosenBy, best, weight_total};
use crate::route::sticky::{Ground, read};
use crate::route::view::RequestView;

/// What would be chosen, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained<'a> {
    /// The choice; `None` when chance decides, or every weight is zero.
    pub chosen: Option<Chosen<'a>>,
    /// The value of the key that decides.
    pub key: Option<String>,
    /// The cookie that the answer would set, with a new key in it.
    pub new_cookie: Option<&'a str>,
    /// All destinations, in their order.
    pub shares: Vec<Share<'a>>,
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
    /// Where in the cohort the user stands for this variant, between 0 and 1. Only when a key decides.
    pub draw: Option<f64>,
    /// weight / -ln(draw); the highest wins.
    pub score: Option<f64>,
}

/// Explains what [`super::choose`] would do.
#[must_use]
pub fn explain<'a>(split: &'a Split, view: &RequestView<'_>) -> Explained<'a> {
    let destinations = split.destinations();
    let ground = Ground::of(split, view);
    let only = matches!(ground, Ground::Only);
    let total = weight_total(destinations).max(1) as f64;
    let member = if let Ground::Key { member, .. } = &ground { Some(member) } else { None };
    let shares = destinations.iter().map(|destination| {
        let (variant, weight) = (destination.variant(), *destination.weight());
        Share {
            name: destination.name(),
            variant,
            weight,
            share: if only { 1.0 } else { f64::from(weight) / total },
            draw: member.map(|member| member.draw(variant)),
            score: member.map(|member| member.score(variant, weight)),
        }
    });
    let shares = shares.collect();
    let chosen = |destination, by| Some(Chosen { destination, by });
    let (chosen, key, new_cookie) = match &ground {
        Ground::Only => (chosen(0, ChosenBy::Only), None, None),
        Ground::Trusted(destination) => (chosen(*destination, ChosenBy::Trusted), None, None),
        Ground::Key { position, member } => {
            let by = ChosenBy::Key { position: *position };
            (best(member, destinations).and_then(|best| chosen(best, by)), key_text(split, *position, view), None)
        }
        Ground::NewCookie { name, .. } => (None, None, Some(*name)),
        Ground::Chance => (None, None, None),
    };
    Explained { chosen, key, new_cookie, shares }
}

fn key_text(split: &Split, position: usize, view: &RequestView<'_>) -> Option<String> {
    let key = split.sticky().as_ref()?.by().get(position)?;
    let mut text = None;
    read(key, view, &mut |value| text = Some(String::from_utf8_lossy(value).into_owned()));
    text
}
