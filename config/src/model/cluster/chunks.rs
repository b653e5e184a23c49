//! A list of which a copy that differs in one place shares nearly all with the one before.

use std::cmp::Ordering;
use std::ops::Index;
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// Places in a piece. A copy of a list of 10,000 counts up 157 pieces, and copies this many places of the one that differs.
const PIECE: usize = 64;

/// A list in pieces, which copies share.
#[derive(Debug)]
pub struct Chunks<T> {
    pieces: Arc<[Arc<[Arc<T>]>]>,
}

impl<T> Clone for Chunks<T> {
    fn clone(&self) -> Self {
        Self { pieces: Arc::clone(&self.pieces) }
    }
}

impl<T> FromIterator<Arc<T>> for Chunks<T> {
    fn from_iter<I: IntoIterator<Item = Arc<T>>>(all: I) -> Self {
        let mut all = all.into_iter();
        let pieces = std::iter::from_fn(|| {
            let piece: Arc<[_]> = all.by_ref().take(PIECE).collect();
            (!piece.is_empty()).then_some(piece)
        });
        Self { pieces: pieces.collect() }
    }
}

impl<T> Chunks<T> {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pieces.last().map_or(0, |last| (self.pieces.len() - 1) * PIECE + last.len())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The one at this position.
    #[inline]
    #[must_use]
    pub fn get(&self, position: usize) -> Option<&Arc<T>> {
        self.pieces.get(position / PIECE)?.get(position % PIECE)
    }

    /// The first one.
    #[must_use]
    pub fn first(&self) -> Option<&Arc<T>> {
        self.get(0)
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.pieces.iter().flat_map(|piece| piece.iter())
    }

    /// Where the one is that `order` finds equal, in a list that is sorted so.
    #[must_use]
    pub fn find(&self, order: impl Fn(&T) -> Ordering) -> Option<usize> {
        let is_before =
            |piece: &Arc<[Arc<T>]>| piece.last().is_some_and(|last| order(last) == Ordering::Less);
        let piece = self.pieces.partition_point(is_before);
        let within = self.pieces.get(piece)?.binary_search_by(|one| order(one)).ok()?;
        Some(piece * PIECE + within)
    }

    /// Puts another one at this position, if there is one; copies of the list stay as they are.
    pub fn set(&mut self, position: usize, one: Arc<T>) {
        if position >= self.len() {
            return;
        }
        let piece = Arc::make_mut(&mut self.pieces).get_mut(position / PIECE);
        if let Some(place) = piece.and_then(|piece| Arc::make_mut(piece).get_mut(position % PIECE)) {
            *place = one;
        }
    }
}

impl<T> Index<usize> for Chunks<T> {
    type Output = Arc<T>;

    #[expect(clippy::indexing_slicing, reason = "who indexes knows that it is there, as with any list")]
    fn index(&self, position: usize) -> &Arc<T> {
        &self.pieces[position / PIECE][position % PIECE]
    }
}
