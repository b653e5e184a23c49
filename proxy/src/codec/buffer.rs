//! Read buffers, lent by a worker to connections that are busy and taken back when they go idle.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::sys::pipe::{Pipe, Pipes};

#[cfg(test)]
mod tests;

/// Size of a lent buffer: large enough for most heads, small enough to stay in the cache of the core.
pub const BUFFER_BYTES: usize = 16 * 1024;

/// First size of a vector for what is to be written: a head and a small body.
const OUTPUT_BYTES: usize = 4 * 1024;

/// How many spare buffers a worker keeps.
const SPARE_MAX: usize = 256;

/// The buffers of one worker.
#[derive(Debug, Default)]
pub struct BufferPool {
    spare: RefCell<Vec<Box<[u8]>>>,
    outputs: RefCell<Vec<Vec<u8>>>,
    lent: Cell<usize>,
    pipes: Rc<Pipes>,
}

impl BufferPool {
    /// An empty one, with so many pipes at once.
    #[must_use]
    pub fn with_pipes(most: u32) -> Self {
        Self { pipes: Rc::new(Pipes::up_to(most)), ..Self::default() }
    }

    /// Lends a buffer; it comes back when dropped. It has memory only while there is something to read: what was used
    /// last is used next, and is still in the cache of the core.
    #[must_use]
    pub fn lend(self: &Rc<Self>) -> Buffer {
        self.lent.set(self.lent.get() + 1);
        Buffer { bytes: Box::default(), start: 0, end: 0, pool: Rc::clone(self) }
    }

    #[inline]
    fn memory(&self) -> Box<[u8]> {
        self.spare.borrow_mut().pop().unwrap_or_else(|| vec![0; BUFFER_BYTES].into_boxed_slice())
    }

    #[inline]
    fn take_memory(&self, bytes: Box<[u8]>) {
        let mut spare = self.spare.borrow_mut();
        if bytes.len() == BUFFER_BYTES && spare.len() < SPARE_MAX {
            spare.push(bytes);
        }
    }

    /// Lends a pipe for what need not be seen.
    #[must_use]
    pub fn lend_pipe(&self) -> Option<Pipe> {
        self.pipes.lend()
    }

    /// Gives the memory of buffers that nobody uses back.
    pub fn forget_spare(&self) {
        self.spare.take();
        self.outputs.take();
        self.pipes.forget_spare();
    }

    /// The pipes.
    #[must_use]
    pub fn pipes(&self) -> &Pipes {
        &self.pipes
    }

    /// Buffers that are lent now.
    #[must_use]
    pub fn lent(&self) -> usize {
        self.lent.get()
    }
}

/// A window of bytes that were read and not yet used.
#[derive(Debug)]
pub struct Buffer {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
    pool: Rc<BufferPool>,
}

impl Buffer {
    /// What was read and not yet used.
    #[must_use]
    pub fn filled(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether nothing is left to use.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Takes the window away with all that is in it.
    #[must_use]
    pub fn take(&mut self) -> Self {
        self.pool.lent.set(self.pool.lent.get() + 1);
        let (start, end) = (std::mem::take(&mut self.start), std::mem::take(&mut self.end));
        Self { bytes: std::mem::take(&mut self.bytes), start, end, pool: Rc::clone(&self.pool) }
    }

    /// Room for the next read; empty when the window fills the whole buffer.
    pub fn spare(&mut self) -> &mut [u8] {
        self.spare_up_to(BUFFER_BYTES)
    }

    /// Room for a next read of not much more than so many octets, in memory of that size if there is none yet. It becomes
    /// a whole buffer when it is full and not enough.
    pub fn spare_up_to(&mut self, octets: usize) -> &mut [u8] {
        if self.bytes.is_empty() {
            self.bytes = match octets {
                BUFFER_BYTES.. => self.pool.memory(),
                little => vec![0; little].into_boxed_slice(),
            };
        } else if self.bytes.len() < BUFFER_BYTES
            && (self.is_full() || (self.is_empty() && self.bytes.len() < octets))
        {
            self.enlarge();
        }
        if self.is_empty() {
            self.start = 0;
            self.end = 0;
        } else if self.end == self.bytes.len() && self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    fn enlarge(&mut self) {
        let mut larger = self.pool.memory();
        let held = self.filled();
        let count = held.len();
        if let Some(to) = larger.get_mut(..count) {
            to.copy_from_slice(held);
        }
        (self.bytes, self.start, self.end) = (larger, 0, count);
    }

    /// Whether it has memory at present.
    #[must_use]
    pub fn has_memory(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// Whether there is no room for a next read.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.has_memory() && self.end - self.start == self.bytes.len()
    }

    /// Gives the memory back while nothing is in it. A wait without news costs no memory.
    pub fn rest(&mut self) {
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
            self.pool.take_memory(std::mem::take(&mut self.bytes));
        }
    }

    /// Counts bytes that were read into [`Buffer::spare`].
    pub fn filled_by(&mut self, count: usize) {
        self.end = (self.end + count).min(self.bytes.len());
    }

    /// Lends a vector for what is to be written; [`Buffer::take_output`] takes it back.
    #[must_use]
    pub fn lend_output(&self) -> Vec<u8> {
        self.pool.outputs.borrow_mut().pop().unwrap_or_else(|| Vec::with_capacity(OUTPUT_BYTES))
    }

    /// Lends a pipe for what need not be seen.
    #[must_use]
    pub fn lend_pipe(&self) -> Option<Pipe> {
        self.pool.lend_pipe()
    }

    /// Takes a lent vector back.
    pub fn take_output(&self, mut output: Vec<u8>) {
        let mut outputs = self.pool.outputs.borrow_mut();
        if (1..=BUFFER_BYTES).contains(&output.capacity()) && outputs.len() < SPARE_MAX {
            output.clear();
            outputs.push(output);
        }
    }

    /// Drops bytes from the front.
    pub fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }

    /// Makes room for a head that is longer than a lent buffer. Says whether `limit` allowed it.
    pub fn grow(&mut self, limit: usize) -> bool {
        let size = self.bytes.len();
        if size >= limit {
            return false;
        }
        let mut larger = vec![0; (size * 2).min(limit)];
        let held = self.end - self.start;
        if let (Some(to), Some(from)) = (larger.get_mut(..held), self.bytes.get(self.start..self.end)) {
            to.copy_from_slice(from);
        }
        self.bytes = larger.into_boxed_slice();
        self.start = 0;
        self.end = held;
        true
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.pool.lent.set(self.pool.lent.get().saturating_sub(1));
        self.pool.take_memory(std::mem::take(&mut self.bytes));
    }
}
