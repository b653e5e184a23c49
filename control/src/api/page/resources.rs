//! What stands under a name.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::asked::Asked;
use super::change::{Draft, Proposal, commit};
use crate::api::index::{Index, Kind, Resource};
use crate::api::shape::{Problem, Reply};
use crate::source::Edit;

pub(super) async fn all(asked: &Asked) -> Result<Reply, Problem> {
    asked.namespace()?;
    let kind = asked.query.text("kind").map(kind).transpose()?;
    let name = asked.query.text("name");
    let (truth, index) = asked.site.index().await;
    let found = index.resources().iter().filter(|one| {
        asked.wants(&one.namespace)
            && kind.is_none_or(|kind| kind == one.kind)
            && name.is_none_or(|name| name == one.name)
    });
    let reply = if asked.wants_yaml() {
        Reply::yaml(documents(found))
    } else {
        let found: Vec<_> = found.map(Resource::to_json).collect();
        Reply::json(&json!({"revision": truth.revision, "resources": found}))
    };
    Ok(reply.revision(truth.revision))
}

fn kind(word: &str) -> Result<Kind, Problem> {
    let word: String = word.chars().take(40).collect();
    Kind::of(&word).ok_or_else(|| Problem::bad(format!("`{word}` is no kind: there are {}", Kind::words())))
}

/// A document for each namespace, as it could be applied.
fn documents<'a>(found: impl Iterator<Item = &'a Resource>) -> String {
    let mut documents: Vec<(&str, Map<String, Value>)> = Vec::new();
    for one in found {
        if documents.last().is_none_or(|(namespace, _)| *namespace != one.namespace) {
            let namespace = ("namespace".to_owned(), one.namespace.as_str().into());
            documents.push((&one.namespace, [namespace].into_iter().collect()));
        }
        let Some((_, sections)) = documents.last_mut() else { continue };
        for path in one.kind.paths(&one.name) {
            match path.as_slice() {
                [section, name] => {
                    let section = sections.entry(section.clone()).or_insert_with(|| json!({}));
                    section
                        .as_object_mut()
                        .and_then(|section| section.insert(name.clone(), one.value.clone()));
                }
                [section] if one.kind == Kind::Settings => {
                    let value = one.value.get(section).cloned();
                    value.into_iter().for_each(|value| _ = sections.insert(section.clone(), value));
                }
                [section] => _ = sections.insert(section.clone(), one.value.clone()),
                _ => {}
            }
        }
    }
    let texts =
        documents.into_iter().map(|(_, sections)| towpath_config::parts::yaml(&Value::Object(sections)));
    texts.collect::<Vec<_>>().join("---\n")
}

/// What the path names.
fn named<'a>(asked: &Asked, index: &'a Index) -> Result<&'a Resource, Problem> {
    let namespace = asked.namespace()?.unwrap_or_default();
    let kind = kind(asked.name("kind"))?;
    let name = asked.name("name");
    let missing =
        || Problem::not_found(format!("there is no {} `{name}` in namespace `{namespace}`", kind.word()));
    index.find(namespace, kind, name).next().ok_or_else(missing)
}

pub(super) async fn one(asked: &Asked) -> Result<Reply, Problem> {
    let (truth, index) = asked.site.index().await;
    let found = named(asked, &index)?;
    let reply = if asked.wants_yaml() {
        Reply::yaml(towpath_config::parts::yaml(&found.value))
    } else {
        Reply::json(&found.to_json())
    };
    Ok(reply.revision(truth.revision))
}

pub(super) async fn remove(asked: &Arc<Asked>) -> Result<Reply, Problem> {
    let mine = Arc::clone(asked);
    commit(asked, move |truth, index| {
        let found = named(&mine, index)?;
        let mut draft = Draft::of(truth);
        // where it is said twice by mistake, it goes twice
        for twin in index.find(&found.namespace, found.kind, &found.name) {
            draft.edit(&twin.document, &removals(twin))?;
        }
        let message = format!("remove {} {} of {}", found.kind.word(), found.name, found.namespace);
        Ok(Proposal { written: draft.into_written(), origin: mine.origin(), message, sent: Arc::default() })
    })
    .await
}

fn removals(one: &Resource) -> Vec<Edit> {
    let is_there = |path: &Vec<String>| {
        one.kind != Kind::Settings || path.first().is_some_and(|key| one.value.get(key).is_some())
    };
    one.kind.paths(&one.name).into_iter().filter(is_there).map(|path| Edit::Remove { path }).collect()
}
