//! What decides about a destination: a caller that is trusted, a key of the request, or nothing but chance.

use std::io::Write;

use towpath_config::model::{CookieLife, Destination, Key, Split, Sticky};

use crate::route::condition::holds;
use crate::route::named::Named;
use crate::route::rendezvous::Member;
use crate::route::view::RequestView;

/// What decides, with what it needs to.
pub(crate) enum Ground<'a> {
    /// There is one destination.
    Only,
    /// A trusted caller named the variant of the destination at this position.
    Trusted(usize),
    /// The key at this position of `by` is there.
    Key { position: usize, member: Member },
    /// No key is there; this cookie of `by` will be made.
    NewCookie { cohort: &'a str, name: &'a str, life: CookieLife },
    /// No key is there, or none is asked for.
    Chance,
}

impl<'a> Ground<'a> {
    /// The ground for this request.
    pub(crate) fn of(split: &'a Split, view: &RequestView<'_>) -> Self {
        if split.destinations().len() == 1 {
            return Self::Only;
        }
        let Some(sticky) = split.sticky() else { return Self::Chance };
        if let Some(position) = trusted(sticky, split.destinations(), view) {
            return Self::Trusted(position);
        }
        let cohort = sticky.cohort().as_str();
        let present = |(position, key)| Some(Self::Key { position, member: member(cohort, key, view)? });
        let made = |key: &'a Key| match key {
            Key::Cookie { life: CookieLife::Passive, .. } => None,
            Key::Cookie { name, life } => Some(Self::NewCookie { cohort, name, life: *life }),
            Key::Header(_) | Key::SourceIp | Key::Query(_) => None,
        };
        let by = || sticky.by().iter();
        by().enumerate().find_map(present).or_else(|| by().find_map(made)).unwrap_or(Self::Chance)
    }
}

/// The destination that a trusted caller has chosen, even one of weight 0: users who were sent there stay there.
fn trusted(sticky: &Sticky, destinations: &[Destination], view: &RequestView<'_>) -> Option<usize> {
    let header = sticky.send().as_deref()?;
    if !sticky.trust().iter().any(|condition| holds(condition, view)) {
        return None;
    }
    let mut chosen = None;
    Named::Header(header).any(view, &mut |value| {
        chosen = destinations.iter().position(|destination| destination.variant().as_bytes() == value);
        chosen.is_some()
    });
    chosen
}

/// The user whom this key tells of.
fn member(cohort: &str, key: &Key, view: &RequestView<'_>) -> Option<Member> {
    let mut member = None;
    read(key, view, &mut |value| member = Some(Member::new(cohort, value)));
    member
}

/// Hands over the value of a key: the first that is not empty, or the client's address as text.
pub(crate) fn read(key: &Key, view: &RequestView<'_>, take: &mut dyn FnMut(&[u8])) {
    let named = match key {
        Key::Header(name) => Named::Header(name),
        Key::Query(name) => Named::Query(name),
        Key::Cookie { name, .. } => Named::Cookie(name),
        Key::SourceIp => return take_address(view, take),
    };
    named.any(view, &mut |value| {
        if !value.is_empty() {
            take(value);
        }
        !value.is_empty()
    });
}

fn take_address(view: &RequestView<'_>, take: &mut dyn FnMut(&[u8])) {
    let Some(ip) = view.source.ip() else { return };
    let mut text = [0; "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".len()];
    let mut rest = text.as_mut_slice();
    if write!(rest, "{ip}").is_ok() {
        let unused = rest.len();
        take(text.get(..text.len() - unused).unwrap_or_default());
    }
}
