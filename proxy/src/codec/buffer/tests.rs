#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::rc::Rc;

use super::{BUFFER_BYTES, Buffer, BufferPool};

fn fill(buffer: &mut Buffer, most: usize, octets: &[u8]) {
    buffer.spare_up_to(most)[..octets.len()].copy_from_slice(octets);
    buffer.filled_by(octets.len());
}

#[test]
fn little_memory_is_lent_for_little_and_a_whole_buffer_when_that_is_not_enough() {
    let pool = Rc::new(BufferPool::default());
    let mut buffer = pool.lend();
    assert_eq!(buffer.spare_up_to(8).len(), 8);
    fill(&mut buffer, 8, b"abcd");
    assert_eq!(buffer.spare_up_to(8).len(), 4);
    fill(&mut buffer, 8, b"efgh");
    assert!(buffer.is_full());
    // what is held stays
    assert_eq!(buffer.spare_up_to(8).len(), BUFFER_BYTES - 8);
    assert_eq!(buffer.filled(), b"abcdefgh");
    buffer.consume(8);
    buffer.rest();
    assert!(!buffer.has_memory());
    // as much is lent again as is wanted now
    fill(&mut buffer, 8, b"ab");
    assert_eq!(buffer.spare().len(), 6, "what stands there is not moved for more");
    buffer.consume(2);
    assert_eq!(buffer.spare().len(), BUFFER_BYTES);
}
