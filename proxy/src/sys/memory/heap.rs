//! The memory of the process: the C library's allocator, and in front of it what each worker keeps of what it has freed. One of
//! the files that may hold `unsafe` code: it is an allocator, and declares a foreign function.
//!
//! A worker does the same again and again, and by HTTP/2 for dozens of requests at once: each asks for some twenty blocks, and the
//! C library keeps no more than seven of a size at hand. Further ones cost it ten times as much.

#![expect(unsafe_code, reason = "an allocator, and a foreign function, can be said in no other way")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::{self, NonNull};

#[cfg(test)]
mod tests;

/// The allocator of the process.
#[global_allocator]
static HEAP: Heap = Heap;

/// Sizes of blocks are so far apart, which is how far apart those of glibc are; it gives every block such an alignment.
const STEP: usize = 16;

/// What a block has beyond a multiple of that, as glibc's have: it puts 8 octets of its own in front of each.
const REST: usize = 8;

/// Sizes of which some are kept. The largest has 2,024 octets: the list of a head with twelve fields has room in it.
const SIZES: usize = 127;

/// Octets of the blocks of one size that a worker keeps. That is every block of some hundred requests at once, but for the few
/// that are larger than most.
const KEPT_BYTES: usize = 64 * 1024;

/// The C library's allocator behind what this thread keeps.
struct Heap;

/// One size of blocks, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Size(usize);

impl Size {
    /// The size of a block for this; nothing where none is kept.
    #[inline]
    fn of(layout: Layout) -> Option<Self> {
        let number = layout.size().saturating_sub(REST).div_ceil(STEP);
        let kept = layout.align() <= STEP && number < SIZES;
        // what is to be kept has room for a pointer, and more than the least is what any block has
        kept.then_some(Self(number.max(1)))
    }

    /// How large such a block is.
    #[inline]
    fn octets(self) -> usize {
        self.0 * STEP + REST
    }

    /// What the allocator behind is asked for.
    #[inline]
    fn layout(self) -> Layout {
        // SAFETY: an alignment of 16 is a power of two, and some 2,000 octets do not overflow.
        unsafe { Layout::from_size_align_unchecked(self.octets(), STEP) }
    }
}

/// A block that nobody has; what stands in it is where the next one is.
type Free = Cell<Option<NonNull<u8>>>;

/// What a thread keeps.
struct Kept {
    first: [Free; SIZES],
    count: [Cell<u16>; SIZES],
    /// As many octets of each size.
    most: Cell<usize>,
}

thread_local! {
    // has nothing to drop, so that it is there for whatever is dropped when the thread ends
    static KEPT: Kept = const {
        Kept { first: [const { Cell::new(None) }; SIZES], count: [const { Cell::new(0) }; SIZES], most: Cell::new(0) }
    };
}

impl Kept {
    /// A block that was kept.
    #[inline]
    fn take(&self, Size(number): Size) -> Option<NonNull<u8>> {
        let (first, count) = (self.first.get(number)?, self.count.get(number)?);
        let block = first.get()?;
        // SAFETY: `put` has written there where the next one is, and whoever had the block has given it away.
        first.set(unsafe { block.cast::<Option<NonNull<u8>>>().read() });
        count.set(count.get() - 1);
        Some(block)
    }

    /// Keeps a block, if there is room for it.
    ///
    /// # Safety
    /// It is one of this size that the allocator behind has given, and nobody uses it any more.
    #[inline]
    unsafe fn put(&self, Size(number): Size, block: NonNull<u8>) -> bool {
        let (Some(first), Some(count)) = (self.first.get(number), self.count.get(number)) else {
            return false;
        };
        if usize::from(count.get()) * Size(number).octets() >= self.most.get() {
            return false;
        }
        // SAFETY: it is nobody's; it has 24 octets at least, and their alignment is 16.
        unsafe { block.cast::<Option<NonNull<u8>>>().write(first.get()) };
        first.set(Some(block));
        count.set(count.get() + 1);
        true
    }
}

// SAFETY: which blocks are asked of the allocator behind, and by which layout they are given back, depends on nothing but the
// layout that the caller says, and that is the same at both ends. A block is either with a caller or in the list of one thread;
// the lists are touched by their own thread only, and nothing in them allocates or panics.
unsafe impl GlobalAlloc for Heap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(size) = Size::of(layout) else {
            // SAFETY: what the caller promises.
            return unsafe { System.alloc(layout) };
        };
        match KEPT.with(|kept| kept.take(size)) {
            Some(block) => block.as_ptr(),
            // SAFETY: it has octets.
            None => unsafe { System.alloc(size.layout()) },
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let (Some(size), Some(given)) = (Size::of(layout), NonNull::new(block)) else {
            // SAFETY: what the caller promises; it came from there by this layout.
            return unsafe { System.dealloc(block, layout) };
        };
        // SAFETY: `alloc` has got it from there as one of this size, and the caller does not use it any more.
        if !unsafe { KEPT.with(|kept| kept.put(size, given)) } {
            // SAFETY: the same.
            unsafe { System.dealloc(block, size.layout()) };
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if Size::of(layout).is_none() {
            // SAFETY: what the caller promises. Fresh pages need no zeros, which the system knows.
            return unsafe { System.alloc_zeroed(layout) };
        }
        // SAFETY: what the caller promises; what was given has so many octets.
        unsafe {
            let block = self.alloc(layout);
            if !block.is_null() {
                block.write_bytes(0, layout.size());
            }
            block
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller promises that it does not overflow.
        let new = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        match (Size::of(layout), Size::of(new)) {
            // SAFETY: what the caller promises; it came from there by this layout.
            (None, None) => unsafe { System.realloc(block, layout, new_size) },
            (before, after) if before == after => block,
            // SAFETY: what the caller promises; the two are different blocks, of as many octets at least.
            _ => unsafe {
                let moved = self.alloc(new);
                if !moved.is_null() {
                    ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size));
                    self.dealloc(block, layout);
                }
                moved
            },
        }
    }
}

/// Lets this thread keep what it frees, until dropped.
#[derive(Debug)]
pub struct Keeping(());

impl Keeping {
    /// For a thread that does the same again and again.
    #[must_use]
    pub fn begin() -> Self {
        KEPT.with(|kept| kept.most.set(KEPT_BYTES));
        Self(())
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        KEPT.with(|kept| kept.most.set(0));
        release();
    }
}

/// Gives back what this thread keeps.
pub fn release() {
    KEPT.with(|kept| {
        for size in (0..SIZES).map(Size) {
            while let Some(block) = kept.take(size) {
                // SAFETY: `put` was promised that it came from there as one of this size, and it is out of the list.
                unsafe { System.dealloc(block.as_ptr(), size.layout()) };
            }
        }
    });
}

/// Gives the pages that are free in the allocator's heaps back to the system: what was freed after a burst would stay
/// resident for ever, and look like memory in use. Holds each heap's lock while it walks it, so it is for rare moments.
#[cfg(target_env = "gnu")]
pub fn give_back() {
    // SAFETY: the declaration is that of glibc's malloc.h. The function is MT-Safe, takes a number, and gives back only
    // pages that hold no allocation (malloc_trim(3)), so calling it is safe at any time.
    unsafe extern "C" {
        safe fn malloc_trim(pad: usize) -> std::ffi::c_int;
    }
    malloc_trim(0);
}

/// The allocators of other C libraries are not asked.
#[cfg(not(target_env = "gnu"))]
pub fn give_back() {}
