//! Whether endpoints are well, by the checks of them: written by whoever asks, read by whoever picks one.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A table of words for a small enum that is kept in an atomic.
macro_rules! words {
    ($(#[$about:meta])* $table:ident { $($(#[$doc:meta])* $name:ident = $code:literal;)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $table { $($(#[$doc])* $name),* }

        impl $table {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word in metrics, in the log and in `/clusters`.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }
        }
    };
}

words! {
    /// How an endpoint stands by its checks.
    Health {
        /// Nobody checks it.
        Unchecked = "unchecked";
        /// Nothing is known yet.
        Pending = "pending";
        /// It is well.
        Healthy = "healthy";
        /// It is not.
        Unhealthy = "unhealthy";
    }
}

words! {
    /// What became of one check.
    Heard {
        /// The endpoint says that it is well.
        Passed = "passed";
        /// No connection.
        Unconnected = "connect-failure";
        /// No answer within `timeout`.
        Late = "timeout";
        /// The connection broke, or the answer cannot be read.
        Broken = "broken";
        /// An answer with another status.
        Status = "status";
        /// The endpoint says by gRPC that it does not serve.
        NotServing = "not-serving";
        /// This process could not ask, so nothing is known.
        Unasked = "unasked";
    }
}

/// The health of one endpoint.
#[derive(Debug)]
pub struct HealthState {
    health: AtomicU8,
    /// Position in [`Heard::ALL`]; anything else is none.
    heard: AtomicU8,
    /// Since when it is as it is, in milliseconds since 1970.
    since_millis: AtomicU64,
}

impl Default for HealthState {
    fn default() -> Self {
        Self {
            health: AtomicU8::new(Health::Unchecked as u8),
            heard: AtomicU8::new(u8::MAX),
            since_millis: AtomicU64::new(0),
        }
    }
}

impl HealthState {
    /// How it stands.
    #[must_use]
    pub fn get(&self) -> Health {
        Health::ALL
            .get(usize::from(self.health.load(Ordering::Relaxed)))
            .copied()
            .unwrap_or(Health::Unchecked)
    }

    /// What became of the last check.
    #[must_use]
    pub fn heard(&self) -> Option<Heard> {
        Heard::ALL.get(usize::from(self.heard.load(Ordering::Relaxed))).copied()
    }

    /// Since when it stands so.
    #[must_use]
    pub fn since(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.since_millis.load(Ordering::Relaxed))
    }

    /// Notes how it stands from now on. Only the control thread writes, so there is nobody to race with.
    pub(super) fn set(&self, health: Health, now: SystemTime) {
        if self.get() != health {
            let millis = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
            self.since_millis.store(millis, Ordering::Relaxed);
            self.health.store(health as u8, Ordering::Relaxed);
        }
        if health == Health::Unchecked {
            self.heard.store(u8::MAX, Ordering::Relaxed);
        }
    }

    /// Notes what became of a check.
    pub fn note(&self, heard: Heard) {
        self.heard.store(heard as u8, Ordering::Relaxed);
    }
}

/// What the checks of one cluster came to.
#[derive(Debug, Default)]
pub struct HealthCounts {
    checks: [AtomicU64; Heard::ALL.len()],
    /// How often an endpoint has come to stand so.
    turns: [AtomicU64; Health::ALL.len()],
}

impl HealthCounts {
    /// Counts a check.
    pub fn add_check(&self, heard: Heard) {
        if let Some(count) = self.checks.get(heard as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a change.
    pub fn add_turn(&self, to: Health) {
        if let Some(count) = self.turns.get(to as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many checks came to this.
    #[must_use]
    pub fn checks(&self, heard: Heard) -> u64 {
        self.checks.get(heard as usize).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// How often an endpoint has come to stand so.
    #[must_use]
    pub fn turns(&self, to: Health) -> u64 {
        self.turns.get(to as usize).map_or(0, |count| count.load(Ordering::Relaxed))
    }
}
