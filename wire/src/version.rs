//! The version of a resource: a hash of its text, so that every server gives the same text the same version.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use xxhash_rust::xxh64::xxh64;

#[cfg(test)]
mod tests;

/// `xxh64` of a text, written as 16 hexadecimal digits. It tells apart what one author writes one after the other; it is no
/// protection against texts that were made to collide, and need not be: whoever could do that would hide his own change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(u64);

impl Version {
    /// The version of this text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(xxh64(text.as_bytes(), 0))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What is no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a version has 16 hexadecimal digits")]
pub struct NoVersion;

impl FromStr for Version {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, NoVersion> {
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits.then(|| u64::from_str_radix(text, 16).ok()).flatten().map(Self).ok_or(NoVersion)
    }
}
