//! Sockets that were opened for this process before it was (sd_listen_fds(3)). The one file with unsafe code: only who
//! looks at the number of a descriptor can take what the process was born with.

#![allow(unsafe_code, reason = "see above")]

use std::fs;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(test)]
mod tests;

/// The number of the first one: behind input, output and error.
const FIRST: RawFd = 3;

/// Whether they were taken.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Takes so many sockets, once. Must be called before the process opens a socket of its own.
///
/// # Errors
/// One of them is no socket, or they were taken already.
pub fn take(count: RawFd) -> io::Result<Vec<OwnedFd>> {
    let numbers = FIRST..FIRST.saturating_add(count);
    if let Some(odd) = numbers.clone().find(|number| !is_socket(*number)) {
        return Err(io::Error::other(format!("descriptor {odd} is no socket")));
    }
    if TAKEN.swap(true, Ordering::Relaxed) {
        return Err(io::Error::other("they were taken before"));
    }
    // SAFETY: each number is an open socket, as was just seen. Nobody owns it: it came with the process, which has opened
    // no socket itself yet, and `TAKEN` lets it be given out once.
    Ok(numbers.map(|number| unsafe { OwnedFd::from_raw_fd(number) }).collect())
}

/// Whether an open descriptor of this process has the number and is a socket (proc(5), `/proc/self/fd`).
fn is_socket(number: RawFd) -> bool {
    let link = fs::read_link(format!("/proc/self/fd/{number}"));
    link.is_ok_and(|to| to.to_string_lossy().starts_with("socket:["))
}
