//! Equal keys.

/// Positions of each key that was there before, with the position of the first of them; in no particular order.
pub(crate) fn twins<K: Ord>(keys: impl Iterator<Item = K>) -> Vec<(usize, usize)> {
    let mut sorted: Vec<(K, usize)> = keys.enumerate().map(|(position, key)| (key, position)).collect();
    sorted.sort_unstable();
    let groups = sorted.chunk_by(|(left, _), (right, _)| left == right);
    let twins = groups
        .filter_map(<[_]>::split_first)
        .flat_map(|((_, first), later)| later.iter().map(|(_, position)| (*first, *position)));
    twins.collect()
}
