//! What is asked of the system once, at the start.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};

use crate::failure::Failure;

/// Files that are open beside the connections.
const FILES_OF_OUR_OWN: u64 = 64;

/// Raises the number of open files to what the system allows.
///
/// # Errors
/// When fewer than `connections`, and a few for ourselves, are allowed.
pub fn allow_files(connections: usize) -> Result<(), Failure> {
    let wanted = connections as u64 + FILES_OF_OUR_OWN;
    let maximum = getrlimit(Resource::Nofile).maximum;
    match maximum {
        Some(maximum) if maximum < wanted => Err(Failure::Usage(format!(
            "{connections} connections want {wanted} open files and the system allows {maximum}; raise it with `ulimit -n`"
        ))),
        _ => setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).map_err(|error| {
            Failure::system("cannot raise the number of open files")(io::Error::from(error))
        }),
    }
}

/// The runtime of one thread: nothing in it is shared with another.
///
/// # Errors
/// When the system gives no epoll instance.
pub fn runtime() -> Result<LocalRuntime, Failure> {
    Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())
        .map_err(Failure::system("cannot start a runtime"))
}
