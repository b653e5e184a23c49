//! `to`.

use std::collections::HashMap;

use super::cluster::Clusters;
use crate::document::{DestinationDoc, PolicyDoc, To};
use crate::fault::{Fault, Findings};
use crate::language::{Fields, Pairs, ShortOr};
use crate::model::{Condition, Destination, Placed};
use crate::source::{At, Span};
use crate::values::{DestinationName, Whole};

/// The destinations, sorted by name, and where their weights are written.
pub(super) fn destinations(
    to: &At<To>,
    (policy, conditions): (&PolicyDoc, &[Condition]),
    namespace: &str,
    clusters: &mut Clusters,
    findings: &mut Findings,
) -> Vec<Destination> {
    let mut seen: HashMap<String, Span> = HashMap::new();
    let written = written(to);
    let mut list = Vec::with_capacity(written.len());
    let whole = !matches!(&to.value, ShortOr::Long(Pairs { whole: false, .. }));
    if whole && written.is_empty() {
        findings.push(
            Fault::error(to.span, "this split has no destination").help("name one: `to: {checkout: 1}`"),
        );
    } else if whole && written.iter().all(|(_, document)| document.weight().value == Whole(0)) {
        let fault = Fault::error(to.span, "all weights are zero: no destination would get a request");
        findings.push(
            fault.help("give one of them a weight; to answer without a destination, see `maintenance`"),
        );
    }
    for (name, document) in written {
        let Some(destination) =
            destination(&name, &document, (policy, conditions), namespace, clusters, findings)
        else {
            continue;
        };
        if let Some(first) = seen.insert(destination.name.clone(), name.span) {
            let fault =
                Fault::error(name.span, format!("the destination `{}` is there twice", destination.name));
            findings.push(fault.related(first, "first here").help("keep one, with the sum of the weights"));
        }
        list.push(destination);
    }
    list.sort_by(|left, right| order_of(left).cmp(&order_of(right)));
    list
}

/// By cluster, then subset: `a/x` stands before `a-b`.
fn order_of(destination: &Destination) -> (&str, &str) {
    destination.name.split_once('/').unwrap_or((&destination.name, ""))
}

/// The long form of what is written.
fn written(to: &At<To>) -> Vec<(At<DestinationName>, DestinationDoc)> {
    let pairs = match &to.value {
        ShortOr::Short(name) => {
            return vec![(At { value: name.clone(), span: to.span }, DestinationDoc::nothing())];
        }
        ShortOr::Long(pairs) => pairs,
    };
    let long = |(name, value): &(At<DestinationName>, At<ShortOr<_, DestinationDoc>>)| {
        let document = match &value.value {
            ShortOr::Short(weight) => DestinationDoc {
                weight: Some(At { value: *weight, span: value.span }),
                ..DestinationDoc::nothing()
            },
            ShortOr::Long(document) => document.clone(),
        };
        (name.clone(), document)
    };
    pairs.list.iter().map(long).collect()
}

fn destination(
    name: &At<DestinationName>,
    document: &DestinationDoc,
    (policy, conditions): (&PolicyDoc, &[Condition]),
    namespace: &str,
    clusters: &mut Clusters,
    findings: &mut Findings,
) -> Option<Destination> {
    let name = &name.clone().map(|name| name.seen_from(namespace));
    let resolved = clusters.find(name, findings)?;
    let inherited = resolved.inherited.under(policy).under(&document.policy);
    inherited.check(conditions, findings);
    let Placed { value: Whole(weight), .. } = document.weight();
    Some(Destination {
        cluster: resolved.cluster,
        subset: resolved.subset,
        weight,
        name: name.value.to_string(),
        variant: name.value.subset.clone().unwrap_or_else(|| name.value.cluster.local().to_owned()),
        place: name.span.place(),
        policy: inherited.policy(),
    })
}
