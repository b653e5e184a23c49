//! What DNS has said of a cluster's name: counted while the cluster lives, by whoever asks, read by everybody.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

macro_rules! verdicts {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        /// What became of one resolution.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum DnsVerdict { $($(#[$doc])* $name),* }

        impl DnsVerdict {
            /// Every verdict, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word in metrics, in the log and in `/clusters`.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }
        }
    };
}

verdicts! {
    /// There are addresses.
    Resolved = "resolved";
    /// There is no such name (NXDOMAIN).
    NoName = "no-name";
    /// The name has no address, or the service is not offered (RFC 2782: a target of `.`).
    NoAddress = "no-address";
    /// The server says that it cannot tell (SERVFAIL, REFUSED …).
    ServerFailure = "server-failure";
    /// No answer in time, or none that makes sense.
    Timeout = "timeout";
    /// No server can be asked.
    Unreachable = "unreachable";
}

impl DnsVerdict {
    /// Whether somebody who knows says that there is nothing.
    #[must_use]
    pub fn is_denial(self) -> bool {
        matches!(self, Self::NoName | Self::NoAddress)
    }
}

/// How a name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has asked: no proxy runs this table.
    Unasked,
    /// The first answer has not come.
    Pending,
    /// What the last resolution came to.
    Said(DnsVerdict),
}

/// The live state of one name.
#[derive(Debug)]
pub struct NameState {
    counts: [AtomicU64; DnsVerdict::ALL.len()],
    /// Position of the last verdict in the table, or one of the two below.
    standing: AtomicU8,
    /// When there were addresses last, in milliseconds since 1970; 0 is never.
    resolved_millis: AtomicU64,
}

const UNASKED: u8 = u8::MAX;
const PENDING: u8 = u8::MAX - 1;

impl Default for NameState {
    fn default() -> Self {
        Self {
            counts: [const { AtomicU64::new(0) }; DnsVerdict::ALL.len()],
            standing: AtomicU8::new(UNASKED),
            resolved_millis: AtomicU64::new(0),
        }
    }
}

impl NameState {
    /// Notes that somebody asks from now on.
    pub fn begin(&self) {
        // a second proxy thread never asks, so there is nobody to race with
        if self.standing() == Standing::Unasked {
            self.standing.store(PENDING, Ordering::Relaxed);
        }
    }

    /// Counts a resolution.
    pub fn record(&self, verdict: DnsVerdict, now: SystemTime) {
        if let Some(count) = self.counts.get(verdict as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.standing.store(verdict as u8, Ordering::Relaxed);
        if verdict == DnsVerdict::Resolved {
            let millis = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
            self.resolved_millis.store(millis, Ordering::Relaxed);
        }
    }

    /// How the name stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self.standing.load(Ordering::Relaxed) {
            PENDING => Standing::Pending,
            place => {
                DnsVerdict::ALL.get(usize::from(place)).copied().map_or(Standing::Unasked, Standing::Said)
            }
        }
    }

    /// How often a resolution came to this.
    #[must_use]
    pub fn count(&self, verdict: DnsVerdict) -> u64 {
        self.counts.get(verdict as usize).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// When there were addresses last.
    #[must_use]
    pub fn resolved(&self) -> Option<SystemTime> {
        let millis = self.resolved_millis.load(Ordering::Relaxed);
        (millis > 0).then(|| UNIX_EPOCH + Duration::from_millis(millis))
    }
}

#[cfg(test)]
mod tests;
