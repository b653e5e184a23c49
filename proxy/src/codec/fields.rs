//! The fields of one head, kept as it came: case, order and repeated names survive.

use std::ops::Range;

mod known;

pub use known::{Known, KnownSet};

/// One field: where its name and value stand in the head's bytes.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    name: (u32, u32),
    value: (u32, u32),
    known: Known,
    /// It stands there as it is written: `name: value`, CR, LF.
    is_plain: bool,
}

impl Field {
    /// Where its whole line stands, if it is plain.
    fn line(&self) -> (u32, u32) {
        (self.name.0, self.value.1 + LINE_END.len() as u32)
    }
}

const COLON: &[u8] = b": ";
const LINE_END: &[u8] = b"\r\n";

/// The fields of one head, in order, over one buffer that is used again for the next head.
#[derive(Debug, Default, Clone)]
pub struct Fields {
    bytes: Vec<u8>,
    spans: Vec<Field>,
    /// The classes that are there, so that what is not costs nothing.
    present: KnownSet,
    /// Where the lines stand that are written as they are, one behind the other.
    run: (u32, u32),
    /// Not all of them do.
    is_broken: bool,
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

/// Whether a gateway that makes variables of fields could take one name for the other: neither case nor `_` for `-`
/// makes a difference (RFC 3875 §4.1.18).
#[must_use]
pub fn is_same_name(one: &[u8], other: &[u8]) -> bool {
    let same = |(one, other): (&u8, &u8)| {
        one.eq_ignore_ascii_case(other) || matches!((one, other), (b'-', b'_') | (b'_', b'-'))
    };
    one.len() == other.len() && one.iter().zip(other).all(same)
}

impl Fields {
    /// Forgets the fields, keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.spans.clear();
        self.present = KnownSet::default();
        self.run = (0, 0);
        self.is_broken = false;
    }

    /// Takes over the bytes of a head, in which [`Fields::mark`] then shows where the fields are.
    pub fn take_bytes(&mut self, head: &[u8]) {
        self.clear();
        self.bytes.extend_from_slice(head);
    }

    /// Notes one field by the positions of its name and value in the bytes taken over.
    // a call for each field costs a quarter of what is done in it
    #[inline(always)]
    pub fn mark(&mut self, name: Range<usize>, value: Range<usize>) {
        let known = Known::of(self.bytes.get(name.clone()).unwrap_or_default());
        let line = self.bytes.get(name.end..=value.end).unwrap_or_default();
        // behind a name stands its colon, and behind CR its LF
        let is_plain = value.start == name.end + COLON.len() && matches!(line, [_, b' ', .., b'\r']);
        let short = |range: Range<usize>| (range.start as u32, range.end as u32);
        self.present.insert(known);
        self.note(Field { name: short(name), value: short(value), known, is_plain });
    }

    #[inline]
    fn note(&mut self, field: Field) {
        let (start, end) = field.line();
        self.is_broken |= !field.is_plain;
        self.run_on(start, end);
        self.spans.push(field);
    }

    /// Notes that lines stand here which are written as they are.
    #[inline]
    fn run_on(&mut self, start: u32, end: u32) {
        if self.spans.is_empty() {
            self.run.0 = start;
        } else {
            self.is_broken |= start != self.run.1;
        }
        self.run.1 = end;
    }

    /// Adds a field of a head that did not come as bytes.
    pub fn add(&mut self, name: &[u8], write: impl FnOnce(&mut Vec<u8>)) {
        let known = Known::of(name);
        self.push(name, write);
        self.present.insert(known);
        self.spans.last_mut().into_iter().for_each(|field| field.known = known);
    }

    /// Adds a field that was not in the head; it is written only, so its class does not matter.
    // most names are constants, and put there as such
    #[inline(always)]
    pub fn push(&mut self, name: &[u8], write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(name);
        self.bytes.extend_from_slice(COLON);
        let value = self.bytes.len();
        write(&mut self.bytes);
        self.note(Field {
            name: (start as u32, (start + name.len()) as u32),
            value: (value as u32, self.bytes.len() as u32),
            known: Known::Other,
            is_plain: true,
        });
        self.bytes.extend_from_slice(LINE_END);
    }

    /// Adds what was pushed to `other`, from this position on.
    pub fn append(&mut self, other: &Self, from: usize) {
        let spans = other.spans.get(from..).unwrap_or_default();
        let Some(first) = spans.first() else { return };
        let (start, to) = (first.name.0, self.bytes.len() as u32);
        self.bytes.extend_from_slice(other.bytes.get(start as usize..).unwrap_or_default());
        self.run_on(to, self.bytes.len() as u32);
        let moved = |(begin, end): (u32, u32)| (begin - start + to, end - start + to);
        let moved = |field: &Field| Field { name: moved(field.name), value: moved(field.value), ..*field };
        self.spans.extend(spans.iter().map(moved));
    }

    /// Writes the fields, a line each.
    pub fn write(&self, output: &mut Vec<u8>) {
        if self.is_broken {
            self.write_some(|_| true, output);
        } else {
            output.extend_from_slice(self.slice(self.run));
        }
    }

    /// Writes the fields whose positions are `kept`, a line each. Neighbours that stand there as they are written
    /// are copied at once.
    pub fn write_some(&self, kept: impl Fn(usize) -> bool, output: &mut Vec<u8>) {
        let mut run = (0, 0);
        for (position, field) in self.spans.iter().enumerate() {
            if !kept(position) {
                continue;
            }
            let line = field.line();
            if field.is_plain && line.0 == run.1 {
                run.1 = line.1;
                continue;
            }
            output.extend_from_slice(self.slice(run));
            if field.is_plain {
                run = line;
            } else {
                run = (0, 0);
                write_line(self.slice(field.name), self.slice(field.value), output);
            }
        }
        output.extend_from_slice(self.slice(run));
    }

    /// Forgets every field of this name, see [`is_same_name`].
    pub fn remove(&mut self, name: &[u8]) {
        let (bytes, before) = (&self.bytes, self.spans.len());
        self.spans.retain(|field| {
            let (start, end) = field.name;
            !is_same_name(bytes.get(start as usize..end as usize).unwrap_or_default(), name)
        });
        self.is_broken |= self.spans.len() < before;
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

    /// Whether there is a field of this class.
    #[must_use]
    pub fn has(&self, known: Known) -> bool {
        self.present.has(known)
    }

    /// Whether there is a field of any of these classes.
    #[must_use]
    pub fn has_any(&self, classes: KnownSet) -> bool {
        self.present.meets(classes)
    }

    /// The fields in order whose names have this byte in them.
    pub fn named_with(&self, byte: u8) -> impl Iterator<Item = FieldRef<'_>> {
        memchr::memchr_iter(byte, &self.bytes).filter_map(|found| {
            let found = found as u32;
            let field = self.spans.get(self.spans.partition_point(|field| field.name.1 <= found))?;
            (field.name.0 <= found).then(|| self.read(field))
        })
    }

    /// The fields in order.
    pub fn iter(&self) -> impl Iterator<Item = FieldRef<'_>> {
        self.spans.iter().map(|field| self.read(field))
    }

    /// The fields of this class in order.
    pub fn of(&self, known: Known) -> impl Iterator<Item = FieldRef<'_>> {
        let spans = if self.has(known) { self.spans.as_slice() } else { &[] };
        spans.iter().filter(move |field| field.known == known).map(|field| self.read(field))
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
        self.of(known).next().map(|field| field.value)
    }

    fn read(&self, field: &Field) -> FieldRef<'_> {
        FieldRef { name: self.slice(field.name), value: self.slice(field.value), known: field.known }
    }

    fn slice(&self, (start, end): (u32, u32)) -> &[u8] {
        self.bytes.get(start as usize..end as usize).unwrap_or_default()
    }
}

fn write_line(name: &[u8], value: &[u8], output: &mut Vec<u8>) {
    for part in [name, COLON, value, LINE_END] {
        output.extend_from_slice(part);
    }
}
