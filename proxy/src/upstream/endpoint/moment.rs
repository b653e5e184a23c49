//! Moments that fit in an atomic.

use std::sync::LazyLock;
use std::time::Duration;

use tokio::time::Instant;

/// The moment from which all others are counted.
static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A moment, in milliseconds since the process first asked for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Moment(pub u64);

impl Moment {
    /// Bits of an atomic that a moment takes: enough for 34 years.
    pub const BITS: u32 = 40;

    /// The last one.
    const LAST: u64 = (1 << Self::BITS) - 1;

    /// This instant; what was before the first moment is that.
    #[must_use]
    pub fn of(instant: Instant) -> Self {
        Self::default().after(instant.saturating_duration_since(*BEGIN))
    }

    /// So much later.
    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(millis).min(Self::LAST))
    }

    /// How long after `earlier` it is; nothing when it is before it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}
