//! Neighbours in the computed order.

use std::ops::Range;

use smallvec::SmallVec;

/// Positions in the computed order that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) start: u32,
    end: u32,
}

impl Run {
    pub(crate) fn positions(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The candidates of one pattern: one run, as the order keeps equal patterns together.
#[derive(Debug, Default)]
pub(crate) struct Runs(SmallVec<[Run; 1]>);

impl Runs {
    /// Adds a position, which is above all the others.
    pub(crate) fn push(&mut self, position: u32) {
        match self.0.last_mut() {
            Some(last) if last.end == position => last.end += 1,
            _ => self.0.push(Run { start: position, end: position + 1 }),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The runs that a path leads to; rarely more than a few.
#[derive(Debug, Default)]
pub(crate) struct Found(SmallVec<[Run; 8]>);

impl Found {
    pub(crate) fn extend(&mut self, runs: &Runs) {
        // one by one: it is one, and a slice is put in with much ado
        runs.0.iter().for_each(|run| self.0.push(*run));
    }

    /// All positions, ascending.
    pub(crate) fn positions(&mut self) -> impl Iterator<Item = Range<usize>> {
        self.0.sort_unstable_by_key(|run| run.start);
        self.0.iter().map(|run| run.positions())
    }
}
