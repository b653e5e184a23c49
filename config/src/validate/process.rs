//! The section `proxy`.

use std::collections::BTreeMap;

use super::dns;
use crate::document::{ProcessDoc, ProcessLimitsDoc};
use crate::fault::{Fault, Findings};
use crate::language::{Fields, Pairs};
use crate::model::{Drain, Process, ProcessLimits, ProcessTimeouts};
use crate::source::At;
use crate::values::Line;

mod access_log;
mod control;

pub(super) use control::{check_alone, control};

pub(super) fn process(document: Option<&ProcessDoc>, findings: &mut Findings) -> Process {
    let nothing = ProcessDoc::nothing();
    let document = document.unwrap_or(&nothing);
    let shared = &document.shared;
    let limits = shared.limits.as_ref().map_or_else(Fields::nothing, |limits| limits.value.clone());
    let drain = shared.drain.as_ref().map_or_else(Fields::nothing, |drain| drain.value.clone());
    Process {
        id: document.id().value.0,
        namespace: document.namespace().value.0,
        labels: labels(document.labels.as_ref()),
        locality: document.locality.as_ref().map(|locality| locality.value.0.clone()),
        workers: document.workers().value,
        pin_workers: document.pin_workers().value.0,
        admin: document.admin().value.into_option(),
        timeouts: ProcessTimeouts { admin: shared.admin_timeout(), upgrade: shared.upgrade_timeout() },
        limits: limits_of(&limits),
        dns: dns::resolver(shared.dns.as_ref()),
        access_logs: access_log::access_logs(shared.access_log.as_ref(), findings),
        drain: Drain {
            delay: drain.delay().value.into_option(),
            spread: drain.spread().value.into_option(),
            timeout: drain.timeout().value,
        },
    }
}

/// Notes an upgrade that would be given up while it waits for names.
pub(super) fn check(document: Option<&ProcessDoc>, findings: &mut Findings) {
    let Some(document) = document.map(|document| &document.shared) else { return };
    let (dns, upgrade) = (document.dns.as_ref(), document.upgrade_timeout());
    let Some(names) = dns::resolver(dns).startup_timeout.filter(|names| *names >= *upgrade) else { return };
    let startup = dns.and_then(|dns| dns.value.startup_timeout.as_ref());
    let written = document.upgrade_timeout.as_ref().map(|time| time.span).or(startup.map(|time| time.span));
    if let Some(span) = written {
        let found =
            format!("`upgrade_timeout`, {:?}, is over before `dns.startup_timeout`, {names:?}", *upgrade);
        let help = "make it longer: an upgrade would fail while a name has no answer";
        findings.push(Fault::warning(span, found).help(help));
    }
}

fn limits_of(limits: &ProcessLimitsDoc) -> ProcessLimits {
    ProcessLimits {
        connections: limits.connections().map(|count| count.0),
        memory: limits.memory().map(|size| size.into_option().map(|size| size.0)),
        reserved_files: limits.reserved_files().map(|count| count.0),
        admin_connections: limits.admin_connections().map(|count| count.0),
        series: limits.series().map(|count| count.0),
        access_log_bytes: limits.access_log_bytes().map(|size| size.0),
        compression_bytes: limits.compression_bytes().map(|size| size.0),
    }
}

pub(crate) fn labels(pairs: Option<&At<Pairs<Line, Line>>>) -> BTreeMap<String, String> {
    let pairs = pairs.into_iter().flat_map(|pairs| &pairs.value.list);
    pairs.map(|(name, value)| (name.value.0.clone(), value.value.0.clone())).collect()
}
