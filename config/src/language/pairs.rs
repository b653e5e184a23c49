//! A map whose keys are the writer's.

use serde_json::{Value, json};

use super::{Definitions, Language, Reader, Word};
use crate::fault::Fault;
use crate::source::{At, Kind, Tree, twins};

/// Keys and values, in the order written. No key is there twice.
#[derive(Debug, Clone)]
pub(crate) struct Pairs<K, V> {
    pub(crate) list: Vec<(At<K>, At<V>)>,
    /// Keys whose value is wrong: known, so that what refers to them is not blamed.
    pub(crate) holes: Vec<K>,
    /// Whether each key and each value was understood.
    pub(crate) whole: bool,
}

impl<K, V> Default for Pairs<K, V> {
    fn default() -> Self {
        Self { list: Vec::new(), holes: Vec::new(), whole: true }
    }
}

impl<K: Word + Ord, V: Language> Language for Pairs<K, V> {
    fn read(tree: &Tree<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Kind::Map(entries) = &tree.kind else { return reader.mismatch(tree, "a map") };
        let mut pairs = Self { list: Vec::with_capacity(entries.len()), ..Self::default() };
        for entry in entries {
            let span = entry.key.span;
            let key = K::parse(&entry.key.value).map_or_else(|wrong| reader.wrong(span, wrong), Some);
            let value = At::read(&entry.value, reader);
            pairs.whole &= key.is_some() && value.is_some();
            let Some(key) = key else { continue };
            match value {
                Some(value) => pairs.list.push((At { value: key, span }, value)),
                None => pairs.holes.push(key),
            }
        }
        // the tree knows no equal keys, but names of headers are equal without case
        for (first, later) in twins(pairs.list.iter().map(|(key, _)| &key.value)) {
            if let (Some((first, _)), Some((later, _))) = (pairs.list.get(first), pairs.list.get(later)) {
                let name = later.value.write();
                let fault =
                    Fault::error(later.span, format!("the name {name} is there twice, in another case"));
                reader.fault::<()>(fault.related(first.span, "first here").help("keep one of them"));
            }
        }
        Some(pairs)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({"type": "object", "propertyNames": K::word_schema(), "additionalProperties": V::schema(definitions)})
    }
}
