//! One resource, encoded once for all who see it.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::kind::{Kind, PerKind};
use crate::message::encode;
use crate::version::Version;

/// One resource, encoded.
#[derive(Debug)]
pub struct Resource {
    name: Arc<str>,
    version: Version,
    encoded: Bytes,
}

impl Resource {
    /// `NAMESPACE/NAME`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hash of its text.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    pub(crate) fn shared_name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn encoded(&self) -> &Bytes {
        &self.encoded
    }
}

/// The resources that somebody holds, so that the same text is encoded once, whoever may see it.
#[derive(Debug, Default)]
pub struct Cache {
    known: PerKind<HashMap<Arc<str>, Vec<Arc<Resource>>>>,
}

impl Cache {
    /// The resource of this name and text: the one that there is, or a new one.
    pub fn resource(&mut self, kind: Kind, name: &str, text: &str) -> Arc<Resource> {
        let version = Version::of(text);
        let known = self.known.of_mut(kind);
        // a rollout has two texts under one name, one for those who have it already
        let same =
            known.get(name).and_then(|texts| texts.iter().find(|resource| resource.version == version));
        if let Some(resource) = same {
            return Arc::clone(resource);
        }
        let name: Arc<str> = name.into();
        let encoded = encode(kind, &name, version, text);
        let resource = Arc::new(Resource { name: Arc::clone(&name), version, encoded });
        known.entry(name).or_default().push(Arc::clone(&resource));
        resource
    }

    /// Forgets what nobody else holds: to be called after a change of views.
    pub fn sweep(&mut self) {
        for kind in Kind::ALL {
            self.known.of_mut(kind).retain(|_, texts| {
                texts.retain(|resource| Arc::strong_count(resource) > 1);
                !texts.is_empty()
            });
        }
    }

    /// Octets of all encoded resources.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let resources = self.known.iter().flat_map(|(_, known)| known.values().flatten());
        resources.map(|resource| resource.encoded.len()).sum()
    }
}
