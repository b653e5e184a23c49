//! `redirect`, `direct_response`, `rewrite`, `maintenance`.

use super::condition::conditions;
use crate::document::{DirectDoc, MaintenanceDoc, RedirectDoc, RewriteDoc};
use crate::fault::{Fault, Findings};
use crate::language::{Fields, ShortOr, Write};
use crate::model::{
    Condition, DirectResponse, HeaderEdits, Maintenance, PathPattern, Pattern, Placed, Redirect, Rewrite,
    RewritePath,
};
use crate::source::{At, Span};
use crate::values::{Flag, PlainPath, Whole};

pub(super) fn redirect(
    At { value: document, span }: &At<RedirectDoc>,
    conditions: &[Condition],
    response_headers: &HeaderEdits,
    findings: &mut Findings,
) -> Redirect {
    let path = path(document.prefix.as_ref(), document.path.as_ref(), None, conditions, findings);
    let scheme = document.scheme.as_ref().and_then(|scheme| Some(scheme.value.write().as_str()?.to_owned()));
    if scheme.is_none()
        && document.host.is_none()
        && document.port.is_none()
        && path.is_none()
        && document.wrong().is_empty()
    {
        let fault = Fault::error(*span, "this redirect leads to where the request came from");
        findings.push(fault.help("change at least one of `scheme`, `host`, `port`, `path`, `prefix`"));
    }
    Redirect {
        place: span.place(),
        scheme,
        host: document.host.as_ref().map(|host| host.value.0.clone()),
        port: document.port.as_ref().map(|port| port.value.0 as u16),
        path: path.map(|path| path.value),
        status: document.status().value.0,
        response_headers: response_headers.clone(),
    }
}

pub(super) fn respond(
    At { value, span }: &At<ShortOr<Whole<200, 599>, DirectDoc>>,
    response_headers: &HeaderEdits,
) -> Option<DirectResponse> {
    let document = match value {
        ShortOr::Short(status) => {
            &DirectDoc { status: Some(At { value: *status, span: *span }), ..DirectDoc::nothing() }
        }
        ShortOr::Long(document) => document,
    };
    Some(DirectResponse {
        place: span.place(),
        status: document.status.as_ref()?.value.0 as u16,
        body: document.body().value,
        content_type: document.content_type().value.0,
        response_headers: response_headers.clone(),
    })
}

pub(super) fn rewrite(
    written: Option<&At<RewriteDoc>>,
    conditions: &[Condition],
    findings: &mut Findings,
) -> Rewrite {
    let Some(At { value: document, span }) = written else { return Rewrite { path: None, host: None } };
    let regex = document.regex.as_ref().and_then(|regex| {
        let (pattern, with) = (regex.value.pattern.as_ref()?, regex.value.with.as_ref()?);
        check_groups(&pattern.value, with, findings);
        Some(At {
            value: RewritePath::Regex { pattern: pattern.value.clone(), with: with.value.clone() },
            span: regex.span,
        })
    });
    let path = path(document.prefix.as_ref(), document.path.as_ref(), regex, conditions, findings);
    let host = document.host.as_ref().map(|host| host.placed().map(|host| host.0));
    if path.is_none() && host.is_none() && document.wrong().is_empty() {
        let fault = Fault::error(*span, "this rewrite changes nothing");
        findings.push(fault.help("one of `prefix`, `path`, `regex`, and `host`"));
    }
    Rewrite { path, host }
}

/// At most one of the ways to change a path.
fn path(
    prefix: Option<&At<PlainPath>>,
    full: Option<&At<PlainPath>>,
    regex: Option<At<RewritePath>>,
    conditions: &[Condition],
    findings: &mut Findings,
) -> Option<Placed<RewritePath>> {
    if let Some(prefix) = prefix {
        needs_prefixes(prefix.span, conditions, findings);
    }
    let prefix = prefix.map(|path| path.clone().map(|path| RewritePath::Prefix(path.0)));
    let full = full.map(|path| path.clone().map(|path| RewritePath::Full(path.0)));
    let mut ways = [prefix, full, regex].into_iter().flatten();
    let first = ways.next()?;
    if let Some(second) = ways.next() {
        let fault = Fault::error(second.span, "a path is changed in one way");
        findings.push(fault.related(first.span, "first here").help("keep one of `prefix`, `path`, `regex`"));
    }
    Some(first.placed())
}

fn needs_prefixes(span: Span, conditions: &[Condition], findings: &mut Findings) {
    let plain = |condition: &Condition| {
        matches!(condition.path.as_deref(), Some(PathPattern::Exact(_) | PathPattern::Prefix(_)))
    };
    if !conditions.iter().all(plain) {
        let fault = Fault::error(
            span,
            "`prefix` replaces the path that `match` names, and some alternative names none",
        );
        findings.push(fault.help(
            "give every alternative a `path` that is exact or a prefix (`/*` for all), or use `regex`",
        ));
    }
}

/// A group that is not there would silently be replaced by nothing.
fn check_groups(pattern: &Pattern, with: &At<String>, findings: &mut Findings) {
    if with.value.bytes().any(|octet| !octet.is_ascii_graphic()) {
        let fault = Fault::error(with.span, "a path cannot hold spaces, controls, or letters beyond ASCII");
        findings.push(fault.help("percent-encode them: a space is `%20`"));
    }
    let groups_there = pattern.regex.group_info();
    let known = |name: &str| match name.parse::<usize>() {
        Ok(number) => number < groups_there.group_len(regex_automata::PatternID::ZERO),
        Err(_) => groups_there.to_index(regex_automata::PatternID::ZERO, name).is_some(),
    };
    for name in groups(&with.value).into_iter().filter(|name| !known(name)) {
        let fault = Fault::error(with.span, format!("the expression has no group `{name}`"));
        findings.push(
            fault.help("groups are `$1`, `$name`, or `$${1}` where letters follow; `$$` is a plain `$`"),
        );
    }
}

/// The names of the groups in a replacement.
fn groups(with: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = with;
    while let Some((_, after)) = rest.split_once('$') {
        if let Some(escaped) = after.strip_prefix('$') {
            rest = escaped;
            continue;
        }
        let (name, after) = match after.strip_prefix('{').and_then(|braced| braced.split_once('}')) {
            Some(braced) => braced,
            None => after.split_at(
                after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len()),
            ),
        };
        names.extend(Some(name).filter(|name| !name.is_empty()));
        rest = after;
    }
    names
}

pub(super) fn maintenance(
    At { value, span }: &At<ShortOr<Flag, MaintenanceDoc>>,
    findings: &mut Findings,
) -> Maintenance {
    let document = match value {
        ShortOr::Short(active) => {
            &MaintenanceDoc { active: Some(At { value: *active, span: *span }), ..MaintenanceDoc::nothing() }
        }
        ShortOr::Long(document) => document,
    };
    let schedule = document.schedule.as_ref().map(|schedule| {
        let (start, end) = (&schedule.value.start, &schedule.value.end);
        if let (Some(start), Some(end)) = (start, end)
            && end.value <= start.value
        {
            let fault = Fault::error(end.span, "this maintenance ends before it starts");
            findings.push(fault.related(start.span, "the start").help("`end` comes after `start`"));
        }
        if start.is_none() && end.is_none() && schedule.value.wrong().is_empty() {
            let fault = Fault::error(schedule.span, "this schedule says nothing");
            findings.push(fault.help("give it a `start`, an `end`, or both; always on is `active: true`"));
        }
        (start.as_ref().map(|start| start.value), end.as_ref().map(|end| end.value))
    });
    let health_paths = document.health_paths().value.into_option();
    Maintenance {
        place: span.place(),
        active: document.active.as_ref().map_or(schedule.is_none(), |active| active.value.0),
        schedule,
        retry_after: document.retry_after().value,
        body: document.body().value,
        content_type: document.content_type().value.0,
        bypass: conditions(document.bypass.as_ref(), findings),
        health_paths: health_paths.into_iter().flat_map(|paths| paths.into_values()).collect(),
    }
}
