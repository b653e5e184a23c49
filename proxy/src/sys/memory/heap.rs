//! The allocator of the C library. One of the files that may hold `unsafe` code: it declares a foreign function.

/// Gives the pages that are free in the allocator's heaps back to the system: what was freed after a burst would stay
/// resident for ever, and look like memory in use. Holds each heap's lock while it walks it, so it is for rare moments.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "a foreign function can be declared in no other way")]
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
