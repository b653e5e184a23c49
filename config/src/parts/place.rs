//! The same place in two texts: the way to it through lists and maps is the same.

use crate::source::{Kind, Span, Tree};

/// One step of the way to a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// To the value under a key.
    Value(String),
    /// To the key itself; the last one of a way.
    Key(String),
    /// To an item of a list.
    Item(usize),
}

/// Where a way ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub(super) span: Span,
    /// How many steps could be gone.
    pub(super) steps: usize,
}

/// The way to what stands at an octet of a text in flow style, where whatever comes later begins later.
pub(super) fn way(tree: &Tree<'_>, octet: u32) -> Vec<Step> {
    let mut way = Vec::new();
    let mut at = tree;
    loop {
        match &at.kind {
            Kind::Text { .. } => return way,
            Kind::List(items) => {
                let begun = items.iter().take_while(|item| item.span.start <= octet).count();
                let Some(position) = begun.checked_sub(1) else { return way };
                let Some(item) = items.get(position) else { return way };
                way.push(Step::Item(position));
                at = item;
            }
            Kind::Map(entries) => {
                let begun = entries.iter().take_while(|entry| entry.key.span.start <= octet).last();
                let Some(entry) = begun else { return way };
                let key = entry.key.value.clone().into_owned();
                if entry.value.span.start > octet {
                    way.push(Step::Key(key));
                    return way;
                }
                way.push(Step::Value(key));
                at = &entry.value;
            }
        }
    }
}

/// Where a way ends in a tree, as far as it can be gone.
pub(super) fn follow(tree: &Tree<'_>, way: &[Step]) -> End {
    let mut end = End { span: tree.span, steps: 0 };
    let mut at = tree;
    for step in way {
        let next = match (step, &at.kind) {
            (Step::Item(position), Kind::List(items)) => items.get(*position),
            (Step::Value(key) | Step::Key(key), Kind::Map(entries)) => {
                let entry = entries.iter().find(|entry| entry.key.value == key.as_str());
                if let (Step::Key(_), Some(entry)) = (step, entry) {
                    return End { span: entry.key.span, steps: end.steps + 1 };
                }
                entry.map(|entry| &entry.value)
            }
            _ => None,
        };
        let Some(next) = next else { return end };
        at = next;
        end = End { span: at.span, steps: end.steps + 1 };
    }
    end
}

#[cfg(test)]
mod tests;
