//! What a proxy does not take, and why.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crate::version::Version;

/// The most octets of one reason.
const REASON_BYTES_MAX: usize = 512;

/// Of so many resources of one type and stream the reasons are kept.
const REASONS_MAX: usize = 100;

static NOT_KEPT: LazyLock<Arc<str>> = LazyLock::new(|| "one of many; its reason was not kept".into());

/// A resource that a proxy rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The version that it rejected.
    pub version: Version,
    /// The version that it kept, as far as this server knows.
    pub kept: Option<Version>,
    /// What it said.
    pub reason: Arc<str>,
}

/// The rejections of one type and stream.
#[derive(Debug, Default)]
pub(crate) struct Rejections(BTreeMap<Arc<str>, Rejection>);

impl Rejections {
    pub(crate) fn get(&self, name: &str) -> Option<&Rejection> {
        self.0.get(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Rejection)> {
        self.0.iter().map(|(name, rejection)| (&**name, rejection))
    }

    pub(crate) fn retain(&mut self, mut stays: impl FnMut(&str) -> bool) {
        self.0.retain(|name, _| stays(name));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    pub(crate) fn add(&mut self, name: Arc<str>, version: Version, kept: Option<Version>, reason: &str) {
        let reason =
            if self.0.len() < REASONS_MAX { shortened(reason).into() } else { Arc::clone(&NOT_KEPT) };
        self.0.insert(name, Rejection { version, kept, reason });
    }
}

fn shortened(reason: &str) -> &str {
    let end = (0..=REASON_BYTES_MAX.min(reason.len())).rev().find(|end| reason.is_char_boundary(*end));
    end.and_then(|end| reason.get(..end)).unwrap_or_default()
}
