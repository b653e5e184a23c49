//! One route, found and changed where it is written.

use std::sync::Arc;

use super::weights::Within;
use crate::api::index::{Index, Kind, Resource};
use crate::api::page::Asked;
use crate::api::page::change::{Draft, Proposal, commit};
use crate::api::shape::{Problem, Reply};
use crate::source::Edit;

/// The route that the path names.
pub(super) fn route<'a>(asked: &Asked, index: &'a Index) -> Result<&'a Resource, Problem> {
    let namespace = asked.namespace()?.unwrap_or_default();
    let name = asked.name("route");
    let missing = || Problem::not_found(format!("there is no route `{name}` in namespace `{namespace}`"));
    index.find(namespace, Kind::Route, name).next().ok_or_else(missing)
}

/// Edits the route that the path names.
pub(super) async fn change(
    asked: &Arc<Asked>,
    message: String,
    edits: impl Fn(&Resource, &Index) -> Result<Vec<Within>, String> + Send + Sync + 'static,
) -> Result<Reply, Problem> {
    let mine = Arc::clone(asked);
    commit(asked, move |truth, index| {
        let route = route(&mine, index)?;
        let edits = edits(route, index).map_err(Problem::senseless)?;
        let whole = |(within, value): Within| {
            let begin = ["routes".to_owned(), route.name.clone()];
            Edit::Set { path: begin.into_iter().chain(within).collect(), value }
        };
        let mut draft = Draft::of(truth);
        draft.edit(&route.document, &edits.into_iter().map(whole).collect::<Vec<_>>())?;
        Ok(Proposal {
            written: draft.into_written(),
            origin: mine.origin(),
            message: message.clone(),
            sent: Arc::default(),
        })
    })
    .await
}
