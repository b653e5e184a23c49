//! What is live, as text: kept by the store, so that a server that starts anew still has what was good.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use towpath_config::parts::{Content, Part, PartName, Section};

use super::document::Draft;
use super::namespace::Namespace;
use super::state::State;
use crate::documents::{DocumentName, Documents};

/// The documents and foreign clusters of each namespace.
#[derive(Serialize, Deserialize)]
struct Saved(BTreeMap<String, SavedNamespace>);

#[derive(Serialize, Deserialize)]
struct SavedNamespace {
    documents: BTreeMap<DocumentName, String>,
    foreign: BTreeMap<String, SavedCluster>,
}

#[derive(Serialize, Deserialize)]
struct SavedCluster {
    cluster: String,
    endpoints: Option<String>,
}

/// What was saved cannot be read.
#[derive(Debug, Error)]
#[error("what was live last cannot be read: {0}")]
pub struct Unsound(String);

impl State {
    /// What is live, to be read by [`State::restored`].
    #[must_use]
    pub fn saved(&self) -> String {
        let one = |(name, namespace): (&Arc<str>, &Arc<Namespace>)| {
            let documents = namespace.live.iter().map(|(name, draft)| (name.clone(), draft.text.to_string()));
            let foreign =
                namespace.foreign.iter().map(|(name, content)| (name.clone(), SavedCluster::of(content)));
            (name.to_string(), SavedNamespace { documents: documents.collect(), foreign: foreign.collect() })
        };
        let saved = Saved(self.namespaces().map(one).collect());
        serde_json::to_string(&saved).unwrap_or_default()
    }

    /// The state of which [`State::saved`] was told, when its documents say `documents` now.
    ///
    /// # Errors
    /// When this is no text of [`State::saved`].
    pub fn restored(saved: &str, documents: &Documents) -> Result<Self, Unsound> {
        let Saved(saved) = serde_json::from_str(saved).map_err(|error| Unsound(error.to_string()))?;
        let mut state = Self::default();
        for (name, saved) in saved {
            let foreign: Option<BTreeMap<_, _>> = saved
                .foreign
                .into_iter()
                .map(|(name, cluster)| Some((name.clone(), cluster.content(&name)?)))
                .collect();
            let foreign = foreign.ok_or_else(|| Unsound("a cluster in it is none".to_owned()))?;
            let read = |(name, text): (DocumentName, String)| {
                let draft = Draft::read(&name, &text.into());
                (name, draft)
            };
            let documents = saved.documents.into_iter().map(read).collect();
            let namespace = Namespace::restored(&name, documents, foreign);
            state.namespaces.insert(name.into(), Arc::new(namespace));
        }
        Ok(state.next(documents))
    }
}

impl SavedCluster {
    fn of(content: &Content) -> Self {
        let text = |section| {
            let part = content.parts().iter().find(|part| part.name().section() == section);
            part.map(|part| part.text().to_string())
        };
        Self { cluster: text(Section::Cluster).unwrap_or_default(), endpoints: text(Section::Endpoints) }
    }

    fn content(self, name: &str) -> Option<Content> {
        let part = |section, text: String| Part::new(PartName::new(section, name)?, text).ok();
        let mut parts = vec![part(Section::Cluster, self.cluster)?];
        if let Some(endpoints) = self.endpoints {
            parts.push(part(Section::Endpoints, endpoints)?);
        }
        Some(Content::joined(&format!("the cluster `{name}`"), parts))
    }
}
