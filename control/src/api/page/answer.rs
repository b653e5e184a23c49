//! Who answers what.

use std::sync::Arc;

use towpath_config::server::TokenScope;

use super::asked::Asked;
use super::{apply, events, fleet, history, probes, resources, routes, traffic};
use crate::api::shape::{Operation, Page, Problem, Reply, document};
use crate::store::{Action, Note, Signature};

/// Answers a request that was let in. A change that is refused is in the audit log then.
///
/// # Errors
/// Why it was not done.
pub(in crate::api) async fn answer(operation: &Operation, asked: &Arc<Asked>) -> Result<Reply, Problem> {
    let answered = by_page(operation.page, asked).await;
    match answered {
        Err(problem) if operation.scope == Some(TokenScope::Write) && !asked.query.flag("dry_run") => {
            note(asked, &problem).await;
            Err(problem)
        }
        answered => answered,
    }
}

async fn note(asked: &Asked, problem: &Problem) {
    let message = asked.query.text("message").unwrap_or_default().to_owned();
    let signature = Signature { who: asked.caller.who(), origin: asked.origin(), message };
    let reason = problem.detail().to_owned();
    let namespaces = asked.named().into_iter().map(str::to_owned).collect();
    let note = Note { namespaces, ..Note::refused(signature, Action::Change, reason) };
    asked.site.refuse(asked.caller.name(), note).await;
}

async fn by_page(page: Page, asked: &Arc<Asked>) -> Result<Reply, Problem> {
    match page {
        Page::Live => Ok(Reply::text("live\n")),
        Page::Ready => probes::ready(asked),
        Page::Exposition => Ok(probes::exposition(asked)),
        Page::Document => Ok(Reply::json(&document())),
        Page::Apply => apply::apply(asked).await,
        Page::Diff => apply::diff(asked).await,
        Page::Resources => resources::all(asked).await,
        Page::Resource => resources::one(asked).await,
        Page::Remove => resources::remove(asked).await,
        Page::Split => routes::split(asked).await,
        Page::Switch => routes::switch(asked).await,
        Page::Maintenance => routes::maintenance(asked).await,
        Page::Status => fleet::status(asked).await,
        Page::Proxies => fleet::proxies(asked),
        Page::Revisions => history::revisions(asked).await,
        Page::Revision => history::revision(asked).await,
        Page::Rollback => history::rollback(asked).await,
        Page::Events => events::events(asked),
        Page::Audit => history::audit(asked).await,
        Page::Traffic => traffic::traffic(asked),
    }
}
