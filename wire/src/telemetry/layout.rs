//! The buckets of latencies: log-linear, 16 per octave of microseconds, so that no value is off by more than a sixteenth.
//! Proxies count in them, so that histograms of many proxies add up exactly.

/// Sub-buckets of one octave, as a power of two.
const SUB_BITS: u32 = 4;
const SUB: usize = 1 << SUB_BITS;

/// Longer than this (71 minutes) counts as this.
const MICROS_MAX: u64 = u32::MAX as u64;

/// So many buckets hold every value from 0 to 71 minutes.
pub const BUCKETS: usize = (32 - SUB_BITS as usize + 1) * SUB;

/// The bucket of a value.
#[inline]
#[must_use]
pub fn bucket(micros: u64) -> usize {
    let micros = micros.min(MICROS_MAX);
    // below one octave of sub-buckets every value has a bucket of its own
    let Some(shift) = (micros | 1).ilog2().checked_sub(SUB_BITS) else { return micros as usize };
    shift as usize * SUB + (micros >> shift) as usize
}

/// The smallest value of a bucket, in µs.
#[must_use]
pub fn lowest(bucket: usize) -> u64 {
    let shift = (bucket / SUB).saturating_sub(1);
    ((bucket - shift * SUB) as u64) << shift
}

/// The largest value of a bucket, in µs.
#[must_use]
pub fn highest(bucket: usize) -> u64 {
    lowest(bucket + 1) - 1
}
