//! A head on its way out: the fields that came in, less some, plus some. Nothing is copied that stays.

use smallvec::SmallVec;

use crate::codec::fields::{FieldRef, Fields, Known, is_same_name};

/// What of a head is dropped, and what is added behind it.
#[derive(Debug, Default)]
pub struct Outgoing {
    dropped: SmallVec<[u64; 2]>,
    added: Fields,
}

impl Outgoing {
    /// Begins anew: nothing dropped, nothing added.
    pub fn clear(&mut self) {
        self.dropped.clear();
        self.added.clear();
    }

    /// Drops the field at this position.
    pub fn drop_at(&mut self, position: usize) {
        let (word, bit) = (position / 64, position % 64);
        if self.dropped.len() <= word {
            self.dropped.resize(word + 1, 0);
        }
        if let Some(word) = self.dropped.get_mut(word) {
            *word |= 1 << bit;
        }
    }

    fn is_dropped(&self, position: usize) -> bool {
        self.dropped.get(position / 64).is_some_and(|word| word & (1 << (position % 64)) != 0)
    }

    /// Drops every field that a gateway could take for one of this name, also those that were added.
    pub fn remove(&mut self, fields: &Fields, name: &[u8]) {
        for (position, field) in fields.iter().enumerate() {
            if is_same_name(field.name, name) {
                self.drop_at(position);
            }
        }
        self.added.remove(name);
    }

    /// Drops every field of this class.
    pub fn remove_known(&mut self, fields: &Fields, known: Known) {
        if !fields.has(known) {
            return;
        }
        for (position, field) in fields.iter().enumerate() {
            if field.known == known {
                self.drop_at(position);
            }
        }
    }

    /// Whether a field of this class came and goes on.
    pub fn keeps(&self, fields: &Fields, known: Known) -> bool {
        let is_kept =
            |(position, field): (usize, FieldRef<'_>)| field.known == known && !self.is_dropped(position);
        fields.has(known) && fields.iter().enumerate().any(is_kept)
    }

    /// Adds a field behind all others.
    #[inline(always)]
    pub fn add(&mut self, name: &[u8], value: &[u8]) {
        self.added.push(name, |bytes| bytes.extend_from_slice(value));
    }

    /// Adds a field whose value is put together where it stands.
    #[inline(always)]
    pub fn add_with(&mut self, name: &[u8], write: impl FnOnce(&mut Vec<u8>)) {
        self.added.push(name, write);
    }

    /// Adds fields that were pushed elsewhere.
    pub fn add_all(&mut self, fields: &Fields) {
        self.added.append(fields, 0);
    }

    /// What was added.
    #[must_use]
    pub fn added(&self) -> &Fields {
        &self.added
    }

    /// Writes the fields that go out, a line each, in order.
    pub fn write(&self, fields: &Fields, output: &mut Vec<u8>) {
        if self.dropped.is_empty() {
            fields.write(output);
        } else {
            fields.write_some(|position| !self.is_dropped(position), output);
        }
        self.added.write(output);
    }

    /// The fields that go out, in order, each with its class.
    pub fn fields<'a>(&'a self, fields: &'a Fields) -> impl Iterator<Item = FieldRef<'a>> {
        let kept = fields.iter().enumerate().filter(|(position, _)| !self.is_dropped(*position));
        kept.map(|(_, field)| field).chain(self.added.iter().map(classed))
    }
}

/// What was added has no class as long as nobody looks at it.
fn classed(field: FieldRef<'_>) -> FieldRef<'_> {
    FieldRef { known: Known::of(field.name), ..field }
}

#[cfg(test)]
mod tests;
