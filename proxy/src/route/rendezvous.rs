//! Weighted rendezvous hashing: each variant draws a number from the user's key and the one with the best score
//! wins. Raising a weight raises one score only, so users move towards that variant and nowhere else (Schindelhauer
//! and Schomaker, "Weighted distributed hash tables", 2005, logarithmic method).

use xxhash_rust::xxh64::Xxh64;

#[cfg(test)]
mod tests;

/// One user in one cohort.
#[derive(Clone)]
pub(crate) struct Member(Xxh64);

impl Member {
    /// Hashes what all variants have in common: cohort, 0x00, key, 0x00.
    pub(crate) fn new(cohort: &str, key: &[u8]) -> Self {
        let mut hash = Xxh64::new(0);
        for part in [cohort.as_bytes(), b"\0", key, b"\0"] {
            hash.update(part);
        }
        Self(hash)
    }

    /// What the user draws for this variant: ((h >> 11) + 0.5) / 2^53, between 0 and 1.
    pub(crate) fn draw(&self, variant: &str) -> f64 {
        let mut hash = self.0.clone();
        hash.update(variant.as_bytes());
        ((hash.digest() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// weight / -ln(draw). The magnitude instead of the sign: the largest draw rounds to 1 and has to score best.
    pub(crate) fn score(&self, variant: &str, weight: u32) -> f64 {
        f64::from(weight) / self.draw(variant).ln().abs()
    }

    /// Which of these variants and weights has the best score; weight 0 never has. Names decide between equal
    /// scores, so that the order never does.
    pub(crate) fn best<'a>(&self, variants: impl Iterator<Item = (&'a str, u32)>) -> Option<usize> {
        variants
            .enumerate()
            .filter(|(_, (_, weight))| *weight > 0)
            .map(|(position, (variant, weight))| (self.score(variant, weight), variant, position))
            .max_by(|one, other| one.0.total_cmp(&other.0).then_with(|| other.1.cmp(one.1)))
            .map(|(_, _, position)| position)
    }
}
