//! A map whose keys are known.

use super::reader::brief;
use super::{Language, Reader};
use crate::fault::{Fault, did_you_mean};
use crate::source::{At, Entry, Kind, Tree};

/// A map of which keys are asked for by name. Those that nobody asked for are unknown.
pub(crate) struct Object<'t, 'r, 'e> {
    tree: &'t Tree<'t>,
    entries: &'t [Entry<'t>],
    used: Vec<bool>,
    keys: Vec<&'static str>,
    wrong: Vec<&'static str>,
    reader: &'r mut Reader<'e>,
}

impl<'t, 'r, 'e> Object<'t, 'r, 'e> {
    /// `None` when the tree is no map.
    pub(crate) fn open(tree: &'t Tree<'t>, wanted: &str, reader: &'r mut Reader<'e>) -> Option<Self> {
        match &tree.kind {
            Kind::Map(entries) => Some(Self {
                tree,
                entries,
                used: vec![false; entries.len()],
                keys: Vec::with_capacity(16),
                wrong: Vec::new(),
                reader,
            }),
            _ => reader.mismatch(tree, wanted),
        }
    }

    /// The value under `key`; a fault when it is `required` and not there.
    pub(crate) fn field<T: Language>(&mut self, key: &'static str, required: bool) -> Option<At<T>> {
        // a key that is a keyword of Rust is a raw identifier in the declaration
        let key = key.trim_start_matches("r#");
        self.keys.push(key);
        let Some(position) = self.entries.iter().position(|entry| entry.key.value == key) else {
            if required {
                let fault = Fault::error(self.tree.span, format!("`{key}` is missing here"));
                self.reader.fault::<()>(fault.help(format!("add `{key}: …`")));
            }
            return None;
        };
        if let Some(used) = self.used.get_mut(position) {
            *used = true;
        }
        let read = At::read(&self.entries.get(position)?.value, self.reader);
        if read.is_none() {
            self.wrong.push(key);
        }
        read
    }

    /// The keys whose value was wrong so far.
    pub(crate) fn wrong(&self) -> Vec<&'static str> {
        self.wrong.clone()
    }

    /// Notes the keys that nobody asked for.
    pub(crate) fn close(self) {
        for (entry, _) in self.entries.iter().zip(&self.used).filter(|(_, used)| !**used) {
            let fault = Fault::error(entry.key.span, format!("unknown key `{}`", brief(&entry.key.value)));
            let help = did_you_mean(&entry.key.value, self.keys.iter().copied())
                .unwrap_or_else(|| format!("the keys here are {}", listed(&self.keys)));
            self.reader.fault::<()>(fault.help(help));
        }
    }
}

fn listed(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}
