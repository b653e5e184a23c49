//! The proxies, and what they made of what they were sent.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::asked::Asked;
use crate::api::seam::{Fleet, ProxyStatus};
use crate::api::shape::{Problem, Reply};

/// The longest that a request waits for the verdict of the fleet.
pub(in crate::api) const WAIT_MAX: Duration = Duration::from_secs(60);

/// Waits for the verdict of the fleet on a revision, when that is asked for; whether it is complete.
pub(super) async fn verdict(asked: &Asked, revision: u64) -> Option<bool> {
    let wait = asked.query.time("wait")?.min(WAIT_MAX);
    Some(timeout(wait, asked.site.control.settled(revision)).await.is_ok())
}

/// The fleet in a few numbers: schema `Summary`.
pub(super) fn summary(asked: &Asked, revision: u64, settled: bool) -> Value {
    let fleet = asked.site.control.fleet();
    let connected = || seen(asked, &fleet).filter(|proxy| proxy.connected);
    let current = connected().filter(|proxy| proxy.revision.is_some_and(|has| has >= revision)).count();
    json!({
        "settled": settled,
        "proxies": connected().count(),
        "current": current,
        "rejected": rejections(connected()),
        "stage": fleet.stage,
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
fn seen<'a>(asked: &'a Asked, fleet: &'a Fleet) -> impl Iterator<Item = &'a ProxyStatus> {
    fleet.proxies.iter().filter(|proxy| asked.wants(&proxy.namespace))
}

pub(super) async fn status(asked: &Asked) -> Result<Reply, Problem> {
    asked.namespace()?;
    let (truth, index) = asked.site.index().await;
    let all_judged = |fleet: &Fleet| {
        seen(asked, fleet).filter(|proxy| proxy.connected).all(|proxy| proxy.revision >= Some(truth.revision))
    };
    let settled = match verdict(asked, truth.revision).await {
        Some(settled) => settled,
        None => all_judged(&asked.site.control.fleet()),
    };
    let fleet = asked.site.control.fleet();
    let objects: Vec<_> = fleet.objects.iter().filter(|object| asked.wants(&object.namespace)).collect();
    let faults = truth.findings.iter().filter(|finding| asked.wants_document(&index, &finding.file));
    Ok(Reply::json(&json!({
        "revision": truth.revision,
        "fleet": summary(asked, truth.revision, settled),
        "faults": faults.collect::<Vec<_>>(),
        "objects": objects,
    }))
    .revision(truth.revision))
}

pub(super) fn proxies(asked: &Asked) -> Result<Reply, Problem> {
    asked.namespace()?;
    let fleet = asked.site.control.fleet();
    let wanted = asked.query.text("id");
    let proxies: Vec<_> =
        seen(asked, &fleet).filter(|proxy| wanted.is_none_or(|wanted| wanted == proxy.id)).collect();
    Ok(Reply::json(&json!({"revision": asked.site.control.truth().revision, "proxies": proxies})))
}
