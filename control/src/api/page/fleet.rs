//! The proxies, and what they made of what they were sent.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::asked::Asked;
use crate::api::seam::{ProxyStatus, Question};
use crate::api::shape::{Problem, Reply};

/// The longest that a request waits for the verdict of the fleet.
pub(in crate::api) const WAIT_MAX: Duration = Duration::from_secs(60);

/// What the fleet has said by now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All proxies in question have judged the revision.
    Complete,
    /// Some have not.
    Open,
    /// It was taken back, for this reason.
    TakenBack(String),
}

/// Waits for the verdict of the fleet on a revision, when that is asked for: of the caller's proxies, to which revisions from
/// `since` on said something new.
pub(super) async fn verdict(asked: &Asked, revision: u64, since: u64) -> Option<Verdict> {
    let wait = asked.query.time("wait")?.min(WAIT_MAX);
    let counts = |namespace: &str| asked.wants(namespace);
    let question = Question { revision, since, counts: &counts };
    Some(match timeout(wait, asked.site.control.settled(question)).await {
        Ok(Ok(())) => Verdict::Complete,
        Ok(Err(reason)) => Verdict::TakenBack(reason),
        Err(_) => Verdict::Open,
    })
}

/// The fleet in a few numbers: schema `Summary`.
pub(super) fn summary(asked: &Asked, revision: u64, verdict: &Verdict) -> Value {
    of_proxies(asked, &seen(asked), revision, verdict)
}

fn of_proxies(asked: &Asked, proxies: &[ProxyStatus], revision: u64, verdict: &Verdict) -> Value {
    let connected = || proxies.iter().filter(|proxy| proxy.connected);
    let current = connected().filter(|proxy| proxy.revision >= Some(revision)).count();
    json!({
        "settled": *verdict == Verdict::Complete,
        "taken_back": match verdict {
            Verdict::TakenBack(reason) => Some(reason),
            _ => None,
        },
        "proxies": connected().count(),
        "current": current,
        "rejected": rejections(connected()),
        "stage": asked.site.control.stage(),
    })
}

/// By proxy, the first thing that it rejected.
fn rejections<'a>(proxies: impl Iterator<Item = &'a ProxyStatus>) -> BTreeMap<&'a str, String> {
    let reason = |proxy: &'a ProxyStatus| {
        let first = proxy.rejected.first()?;
        Some((proxy.id.as_str(), format!("{} {}: {}", first.kind, first.name, first.reason)))
    };
    proxies.filter_map(reason).collect()
}

/// The proxies that the caller may see, and wants to.
fn seen(asked: &Asked) -> Vec<ProxyStatus> {
    let mut proxies = asked.site.control.proxies();
    proxies.retain(|proxy| asked.wants(&proxy.namespace));
    proxies
}

pub(super) async fn status(asked: &Asked) -> Result<Reply, Problem> {
    asked.namespace()?;
    let (truth, index) = asked.site.index().await;
    let waited = verdict(asked, truth.revision, 0).await;
    let proxies = seen(asked);
    let verdict = waited.unwrap_or_else(|| {
        let mut connected = proxies.iter().filter(|proxy| proxy.connected);
        let complete = connected.all(|proxy| proxy.revision >= Some(truth.revision));
        if complete { Verdict::Complete } else { Verdict::Open }
    });
    let mut objects = asked.site.control.objects();
    objects.retain(|object| asked.wants(&object.namespace));
    let faults = truth.findings.iter().filter(|finding| asked.wants_document(&index, &finding.file));
    Ok(Reply::json(&json!({
        "revision": truth.revision,
        "fleet": of_proxies(asked, &proxies, truth.revision, &verdict),
        "faults": faults.collect::<Vec<_>>(),
        "objects": objects,
    }))
    .revision(truth.revision))
}

pub(super) fn proxies(asked: &Asked) -> Result<Reply, Problem> {
    asked.namespace()?;
    let wanted = asked.query.text("id");
    let mut proxies = seen(asked);
    proxies.retain(|proxy| wanted.is_none_or(|wanted| wanted == proxy.id));
    Ok(Reply::json(&json!({"revision": asked.site.control.truth().revision, "proxies": proxies})))
}
