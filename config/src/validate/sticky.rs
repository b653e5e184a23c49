//! `sticky`.

use std::collections::HashMap;

use super::condition::conditions;
use crate::document::{KeyDoc, StickyDoc};
use crate::fault::{Fault, Findings};
use crate::language::{Fields, OrNone};
use crate::model::{CookieLife, Destination, Key, Place, Placed, Sticky};
use crate::source::At;

pub(super) fn sticky(
    written: &At<StickyDoc>,
    route: &str,
    destinations: &[Destination],
    findings: &mut Findings,
) -> Option<Sticky> {
    distinct_variants(written, destinations, findings);
    let StickyDoc { by, cohort, send, trust, .. } = &written.value;
    if let (Some(trust), None) = (trust, send) {
        let fault = Fault::error(trust.span, "`trust` has nothing to trust without `send`");
        findings.push(fault.help("name the header that carries the variant: `send: {header: x-variant}`"));
    }
    warn_of_idle_keys(&by.as_ref()?.value.0, findings);
    let by = by.as_ref()?.value.0.iter().filter_map(|document| key(document, findings)).collect();
    Some(Sticky {
        by,
        cohort: match cohort {
            Some(cohort) => cohort.placed().map(|cohort| cohort.0),
            None => Placed { value: route.to_owned(), place: Place::BuiltIn },
        },
        send: send.as_ref().and_then(|send| Some(send.value.header.as_ref()?.value.lower.clone())),
        trust: conditions(trust.as_ref(), findings),
    })
}

/// Every client of TCP has an address: behind it no key is looked at, and no cookie is made for want of a key.
fn warn_of_idle_keys(by: &[At<KeyDoc>], findings: &mut Findings) {
    let Some(always) = by.iter().position(|key| key.value.source.is_some()) else { return };
    let mut warn = |span, found: &str, help: &str| {
        let related = by.get(always).map(|source| source.span).unwrap_or(span);
        findings.push(
            Fault::warning(span, found).related(related, "every client of TCP has an address").help(help),
        );
    };
    for (position, key) in by.iter().enumerate() {
        match &key.value.ttl {
            _ if position > always => {
                warn(key.span, "this key is never looked at", "write `{source: ip}` last");
            }
            Some(ttl) if position < always => {
                let help = "a cookie is made where no key is there: leave out `{source: ip}`, or the `ttl`";
                warn(ttl.span, "this cookie is never made", help);
            }
            _ => {}
        }
    }
}

/// Cohorts agree on variants, so that two destinations of one variant would be one.
fn distinct_variants(written: &At<StickyDoc>, destinations: &[Destination], findings: &mut Findings) {
    let mut seen: HashMap<&str, &Destination> = HashMap::new();
    for destination in destinations {
        if let Some(first) = seen.insert(&destination.variant, destination) {
            let (one, other) = (&first.name, &destination.name);
            let found = format!("`{one}` and `{other}` are the same variant, `{}`", destination.variant);
            let help = "with `sticky`, the names of subsets (or of clusters without one) must differ";
            findings.push(Fault::error(written.span, found).help(help));
        }
    }
}

fn key(written: &At<KeyDoc>, findings: &mut Findings) -> Option<Key> {
    let KeyDoc { header, cookie, ttl, source, query, .. } = &written.value;
    let sound = written.value.wrong().is_empty();
    let life = match ttl.as_ref().map(|ttl| &ttl.value) {
        None => CookieLife::Passive,
        Some(OrNone::None) => CookieLife::Session,
        Some(OrNone::Some(time)) => CookieLife::For(*time),
    };
    if let (Some(ttl), None, true) = (ttl, cookie, sound) {
        let fault = Fault::error(ttl.span, "`ttl` is the life of a cookie, and there is none here");
        findings.push(fault.help("write `{cookie: NAME, ttl: …}`"));
        return None;
    }
    let keys = [
        header.as_ref().map(|header| Key::Header(header.value.0.clone())),
        cookie.as_ref().map(|cookie| Key::Cookie { name: cookie.value.0.clone(), life }),
        source.as_ref().map(|_| Key::SourceIp),
        query.as_ref().map(|query| Key::Query(query.value.0.clone())),
    ];
    let mut keys = keys.into_iter().flatten();
    match (keys.next(), keys.count()) {
        (Some(key), 0) => Some(key),
        // a key whose value is wrong was blamed for it
        (None, _) if !sound => None,
        (None, _) => {
            let fault = Fault::error(written.span, "this is no key");
            findings.push(fault.help("one of `{header: …}`, `{cookie: …}`, `{source: ip}`, `{query: …}`"));
            None
        }
        (Some(_), _) => {
            let fault = Fault::error(written.span, "one key has one property");
            findings.push(
                fault.help("write a list, of which the first one present wins: `[{header: …}, {cookie: …}]`"),
            );
            None
        }
    }
}
