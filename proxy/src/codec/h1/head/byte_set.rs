//! Sets of bytes that are asked for every byte of a head.

/// A set of bytes, one look-up to ask.
#[derive(Debug, Clone, Copy)]
pub(super) struct ByteSet([bool; 256]);

impl ByteSet {
    /// Letters, digits, and these.
    #[expect(clippy::indexing_slicing, reason = "the compiler calls it, and would say so")]
    pub(super) const fn alphanumeric_and(others: &[u8]) -> Self {
        let mut set = [false; 256];
        let mut byte = 0;
        while byte < set.len() {
            set[byte] = (byte as u8).is_ascii_alphanumeric();
            byte += 1;
        }
        let mut position = 0;
        while position < others.len() {
            set[others[position] as usize] = true;
            position += 1;
        }
        Self(set)
    }

    /// Whether the byte is one of them.
    pub(super) fn has(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte)).copied().unwrap_or_default()
    }
}
