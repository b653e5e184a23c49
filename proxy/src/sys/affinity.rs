//! Which CPUs a thread runs on, and how many of them the process may use up.

use std::fs;
use std::io;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

mod quota;

/// How many CPUs the process may use: those it may run on, or fewer where the quota of its control groups allows less.
/// A part of a CPU is not counted; one there always is.
#[must_use]
pub fn usable() -> usize {
    let cpus = allowed()
        .map_or_else(|_| std::thread::available_parallelism().map_or(1, usize::from), |cpus| cpus.len());
    let quota = quota::quota(&|path| fs::read_to_string(path).ok());
    quota.map_or(cpus, |quota| cpus.min(quota as usize)).max(1)
}

/// The CPUs that the calling thread may run on.
///
/// # Errors
/// The machine has more CPUs than the C library's set.
pub fn allowed() -> io::Result<Vec<usize>> {
    let set = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect())
}

/// Lets the calling thread run on this CPU alone.
///
/// # Errors
/// It may not.
pub fn pin(cpu: usize) -> io::Result<()> {
    let mut set = CpuSet::new();
    if cpu < CpuSet::MAX_CPU {
        set.set(cpu);
    }
    Ok(sched_setaffinity(None, &set)?)
}

#[cfg(test)]
mod tests;
