//! What differs between two lists of resources.

use std::cmp::Ordering;
use std::sync::Arc;

use super::resource::Resource;

/// What became of one name.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) name: Arc<str>,
    /// What is there now; none when it is gone.
    pub(crate) put: Option<Arc<Resource>>,
}

impl Change {
    pub(crate) fn put(resource: &Arc<Resource>) -> Self {
        Self { name: Arc::clone(resource.shared_name()), put: Some(Arc::clone(resource)) }
    }

    pub(crate) fn gone(name: &Arc<str>) -> Self {
        Self { name: Arc::clone(name), put: None }
    }
}

/// What makes `old` into `new`; both in the order of names, and so is the answer.
pub(crate) fn between(old: &[Arc<Resource>], new: &[Arc<Resource>]) -> Arc<[Change]> {
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    let mut changes = Vec::new();
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return changes.into(),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            // most are the same thing
            (Some(a), Some(b)) if Arc::ptr_eq(a, b) => Ordering::Equal,
            (Some(a), Some(b)) => a.name().cmp(b.name()),
        };
        let (was, is) = (old.next_if(|_| order.is_le()), new.next_if(|_| order.is_ge()));
        match (was, is) {
            (Some(was), None) => changes.push(Change::gone(was.shared_name())),
            (was, Some(is)) if was.is_none_or(|was| was.version() != is.version()) => {
                changes.push(Change::put(is));
            }
            _ => {}
        }
    }
}
