//! The proxies, and what they made of what they were sent.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::asked::Asked;
use crate::api::seam::ProxyStatus;
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
    of_proxies(asked, &seen(asked), revision, settled)
}

fn of_proxies(asked: &Asked, proxies: &[ProxyStatus], revision: u64, settled: bool) -> Value {
    let connected = || proxies.iter().filter(|proxy| proxy.connected);
    let current = connected().filter(|proxy| proxy.revision >= Some(revision)).count();
    json!({
        "settled": settled,
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
    let waited = verdict(asked, truth.revision).await;
    let proxies = seen(asked);
    let settled = waited.unwrap_or_else(|| {
        proxies.iter().filter(|proxy| proxy.connected).all(|proxy| proxy.revision >= Some(truth.revision))
    });
    let mut objects = asked.site.control.objects();
    objects.retain(|object| asked.wants(&object.namespace));
    let faults = truth.findings.iter().filter(|finding| asked.wants_document(&index, &finding.file));
    Ok(Reply::json(&json!({
        "revision": truth.revision,
        "fleet": of_proxies(asked, &proxies, truth.revision, settled),
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
