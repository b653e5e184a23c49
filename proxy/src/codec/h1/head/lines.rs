//! The field lines of a head, as the parser found them.

use std::ops::Range;

use crate::codec::fields::Fields;

/// Most fields that a head can have, whatever the config says: their positions stand on the stack.
pub const FIELDS_MAX: usize = 256;

/// Where a part of `whole` stands in it.
pub fn range_in(whole: &[u8], part: &[u8]) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
    start..start + part.len()
}

/// Takes over a head and notes its fields. Each part holds what the parser lets into it: names and methods the bytes of a
/// token (RFC 9110 §5.6.2), and none a control byte but the tab.
pub fn note(bytes: &[u8], parsed: &[httparse::Header<'_>], fields: &mut Fields) {
    fields.take_bytes(bytes);
    for field in parsed {
        fields.mark(range_in(bytes, field.name.as_bytes()), range_in(bytes, field.value));
    }
}
