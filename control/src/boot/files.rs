//! How many files the process may have open: each proxy takes one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Takes all that the system grants, not only what it gives to every process.
pub fn raise_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current < maximum || maximum.is_none() {
        // with what there is, fewer proxies can be served; each refusal is logged
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
}
