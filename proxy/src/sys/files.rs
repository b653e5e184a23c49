//! The files that the process may hold open, and who gets how many: traffic must never take the last ones.

use std::io;

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

/// What is asked for where the system sets no limit (`fs.nr_open` of Linux, as it is shipped).
const UNLIMITED: u64 = 1 << 20;

/// Pipes that one worker has at once, two files each. Who gets none, copies.
pub const PIPES_MAX: u32 = 128;

/// How the files of the process are shared out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Files {
    /// All that may be open.
    pub all: u64,
    /// Connections of clients.
    pub downstream: u32,
    /// Connections to endpoints; as many as clients, so that nobody is taken in who could not be served.
    pub upstream: u32,
    /// Connections to the admin port.
    pub admin: u32,
    /// Pipes of each worker.
    pub pipes: u32,
}

impl Files {
    /// Shares out `all` files, of which `reserved` (half of all at most) are not for traffic. Of the others, a sixteenth at
    /// most is for the pipes of this many workers.
    #[must_use]
    pub fn share(all: u64, reserved: u32, workers: usize) -> Self {
        let reserved = u64::from(reserved).min(all / 2);
        let count = |files: u64| u32::try_from(files).unwrap_or(u32::MAX);
        let workers = workers.max(1) as u64;
        let pipes = ((all - reserved) / 16 / 2 / workers).min(u64::from(PIPES_MAX));
        let traffic = count((all - reserved - pipes * workers * 2) / 2).max(1);
        let admin = count(reserved / 8).max(1);
        Self { all, downstream: traffic, upstream: traffic, admin, pipes: count(pipes) }
    }
}

/// Raises the limit on open files as far as the process may, and says how far that is.
///
/// # Errors
/// The system does not let the limit be raised.
pub fn raise_limit() -> io::Result<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(UNLIMITED);
    match current {
        Some(current) if current < wanted => {
            setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum })?;
            Ok(wanted)
        }
        current => Ok(current.unwrap_or(UNLIMITED)),
    }
}

/// How many files may be open as it stands.
#[must_use]
pub fn current_limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(UNLIMITED)
}

/// Has a file that may not grow any more (`ulimit -f`) be the fault of a write, as a full disk is. Without that the system
/// ends the process.
///
/// # Errors
/// The signal cannot be listened to.
pub fn outlive_size_limit() -> io::Result<()> {
    // it is listened to from now on, whether or not anybody wants to hear of it
    signal(SignalKind::from_raw(Signal::XFSZ.as_raw())).map(drop)
}

/// Files that are open now.
#[must_use]
pub fn open() -> Option<u64> {
    // the folder that is read is open itself
    std::fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count().saturating_sub(1) as u64)
}

#[cfg(test)]
mod tests;
