//! The way back: the weights that a route had before they were changed last, as the history has them.

use std::sync::Arc;

use towpath_config::{Source, parts};

use super::edit::{change, route};
use super::weights::{Weights, back_edits, weights_of};
use crate::api::page::Asked;
use crate::api::shape::{Problem, Reply};
use crate::documents::{DocumentName, Documents};

/// So many revisions are looked through for those that touch the document of the route,
const REVISIONS_MAX: usize = 1000;

/// and of so many of these the documents are read.
const LOOKS_MAX: usize = 20;

/// Gives a route the weights that it had before.
pub(super) async fn back(asked: &Arc<Asked>) -> Result<Reply, Problem> {
    let (_, index) = asked.site.index().await;
    let found = route(asked, &index)?;
    let now = weights_of(&found.value).ok_or_else(|| nowhere(&found.name))?;
    let then = before(asked, &found.document, &found.name, &now).await?;
    let message = format!("switch {} back", found.name);
    change(asked, message, move |route, _| match weights_of(&route.value) {
        Some(weights) if weights == now => back_edits(route, &then),
        _ => Err(format!("the weights of `{}` were changed meanwhile: look, and try again", route.name)),
    })
    .await
}

async fn before(
    asked: &Asked,
    document: &DocumentName,
    name: &str,
    now: &Weights,
) -> Result<Weights, Problem> {
    let revisions = asked.site.store.revisions(None, REVISIONS_MAX).await?;
    let touched =
        revisions.iter().filter(|one| one.changed.iter().any(|changed| changed.document == *document));
    let earlier = touched.filter_map(|one| one.number.checked_sub(1)).filter(|number| *number > 0);
    let oldest = revisions.last().map_or(0, |oldest| oldest.number);
    for number in earlier.filter(|number| *number >= oldest).take(LOOKS_MAX) {
        let documents = asked.site.store.documents(number).await?;
        match then(&documents, document, name) {
            Some(then) if then == *now => {}
            Some(then) => return Ok(then),
            None => break,
        }
    }
    Err(nowhere(name))
}

fn nowhere(name: &str) -> Problem {
    Problem::senseless(format!("the route `{name}` had no other weights before, as far as the history goes"))
}

fn then(documents: &Documents, document: &DocumentName, name: &str) -> Option<Weights> {
    let value = parts::plain(&Source::new("", Arc::clone(documents.get(document)?)))?;
    weights_of(value.get("routes")?.get(name)?)
}
