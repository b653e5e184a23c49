//! Files: how many the process may have open, for each proxy takes one, and what happens when one may not grow.

use std::io;

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

/// Takes all that the system grants, not only what it gives to every process.
pub fn raise_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current < maximum || maximum.is_none() {
        // with what there is, fewer proxies can be served; each refusal is logged
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
}

/// Has a file that may not grow any more (`ulimit -f`) be the fault of a write, as a full disk is. Without that the system
/// ends the process by a signal.
///
/// # Errors
/// When the signal cannot be listened to.
pub fn outlive_size_limit() -> io::Result<()> {
    // it is listened to from now on, whether or not anybody wants to hear of it
    signal(SignalKind::from_raw(Signal::XFSZ.as_raw())).map(drop)
}
