//! How much memory the process has, and how near that is to what it may have.

use std::fs;

pub mod heap;

/// How near the process is to its limit on memory. It takes more to come to a stage than to stay there, so that nothing
/// flutters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Pressure {
    /// Far enough.
    #[default]
    Low,
    /// From 90% on, until below 85%: connections end with their answer.
    High,
    /// From 100% on, until below 95%: requests are answered 503.
    Full,
}

impl Pressure {
    /// The stage that follows with so many octets of `limit`.
    #[must_use]
    pub fn next(self, octets: u64, limit: Option<u64>) -> Self {
        let Some(limit) = limit else { return Self::Low };
        let above = |percent: u64| u128::from(octets) * 100 >= u128::from(limit) * u128::from(percent);
        match self {
            _ if above(100) => Self::Full,
            Self::Full if above(95) => Self::Full,
            _ if above(90) => Self::High,
            Self::High | Self::Full if above(85) => Self::High,
            _ => Self::Low,
        }
    }
}

/// Octets of memory that are resident (proc(5), `VmRSS` of `/proc/pid/status`).
#[must_use]
pub fn resident() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests;
