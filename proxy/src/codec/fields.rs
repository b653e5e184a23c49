//! The fields of one head, kept as it came: case, order and repeated names survive.

use std::ops::Range;

mod known;

pub use known::Known;

/// One field: where its name and value stand in the head's bytes.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    name: (u32, u32),
    value: (u32, u32),
    known: Known,
}

/// The fields of one head, in order, over one buffer that is used again for the next head.
#[derive(Debug, Default, Clone)]
pub struct Fields {
    bytes: Vec<u8>,
    spans: Vec<Field>,
}

/// A field as it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldRef<'a> {
    /// The name as it was written.
    pub name: &'a [u8],
    /// The value without surrounding white space.
    pub value: &'a [u8],
    /// The name's class.
    pub known: Known,
}

impl Fields {
    /// Forgets the fields, keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.spans.clear();
    }

    /// Takes over the bytes of a head, in which [`Fields::mark`] then shows where the fields are.
    pub fn take_bytes(&mut self, head: &[u8]) {
        self.clear();
        self.bytes.extend_from_slice(head);
    }

    /// Notes one field by the positions of its name and value in the bytes taken over.
    pub fn mark(&mut self, name: Range<usize>, value: Range<usize>) {
        let known = Known::of(self.bytes.get(name.clone()).unwrap_or_default());
        let short = |range: Range<usize>| (range.start as u32, range.end as u32);
        self.spans.push(Field { name: short(name), value: short(value), known });
    }

    /// Adds a field that was not in the head; it is written only, so its class does not matter.
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(name);
        let middle = self.bytes.len();
        self.bytes.extend_from_slice(value);
        let end = self.bytes.len() as u32;
        let name = (start as u32, middle as u32);
        self.spans.push(Field { name, value: (middle as u32, end), known: Known::Other });
    }

    /// Forgets every field of this name (compared without case).
    pub fn remove(&mut self, name: &[u8]) {
        let bytes = &self.bytes;
        self.spans.retain(|field| {
            let (start, end) = field.name;
            !bytes.get(start as usize..end as usize).unwrap_or_default().eq_ignore_ascii_case(name)
        });
    }

    /// The bytes taken over (and what was pushed since).
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The fields in order.
    pub fn iter(&self) -> impl Iterator<Item = FieldRef<'_>> {
        self.spans.iter().map(|field| FieldRef {
            name: self.slice(field.name),
            value: self.slice(field.value),
            known: field.known,
        })
    }

    /// The values of every field of this name, in order. `name` is compared without case.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| field.value)
    }

    /// The first value of a well-known field.
    #[must_use]
    pub fn first(&self, known: Known) -> Option<&[u8]> {
        self.spans.iter().find(|field| field.known == known).map(|field| self.slice(field.value))
    }

    fn slice(&self, (start, end): (u32, u32)) -> &[u8] {
        self.bytes.get(start as usize..end as usize).unwrap_or_default()
    }
}
