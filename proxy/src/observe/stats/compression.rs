//! What compression does: answers and octets by algorithm, and why other answers were passed on as they are.

use std::sync::atomic::{AtomicU64, Ordering};

use towpath_config::model::Algorithm;

/// Why an answer is passed on as it is, where a route wants answers compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// The client takes none of the algorithms.
    NotAccepted,
    /// It has no body, or a part of one.
    NoBody,
    /// The upstream has encoded it.
    Encoded,
    /// `Cache-Control: no-transform`, from either side.
    NoTransform,
    /// It is of no type that is worth it.
    Type,
    /// It is too short.
    Size,
    /// Compressors hold as much as they may.
    Memory,
}

impl Skip {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::NotAccepted,
        Self::NoBody,
        Self::Encoded,
        Self::NoTransform,
        Self::Type,
        Self::Size,
        Self::Memory,
    ];

    /// Its name in metrics and explanations.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAccepted => "not-accepted",
            Self::NoBody => "no-body",
            Self::Encoded => "encoded",
            Self::NoTransform => "no-transform",
            Self::Type => "type",
            Self::Size => "size",
            Self::Memory => "memory",
        }
    }
}

/// One algorithm: answers, octets before, octets after.
#[derive(Debug, Default)]
struct Cells([AtomicU64; 3]);

/// What one thread counts; only it writes.
#[derive(Debug, Default)]
pub struct CompressionShard {
    algorithms: [Cells; Algorithm::ALL.len()],
    skipped: [AtomicU64; Skip::ALL.len()],
}

fn add(cell: &AtomicU64, count: u64) {
    cell.store(cell.load(Ordering::Relaxed).wrapping_add(count), Ordering::Relaxed);
}

impl CompressionShard {
    /// Counts an answer whose body was so long before, and so long after.
    pub fn compressed(&self, algorithm: Algorithm, before: u64, after: u64) {
        if let Some(Cells(cells)) = self.algorithms.get(algorithm as usize) {
            cells.iter().zip([1, before, after]).for_each(|(cell, count)| add(cell, count));
        }
    }

    /// Counts an answer that was passed on as it is.
    pub fn skipped(&self, skip: Skip) {
        if let Some(cell) = self.skipped.get(skip as usize) {
            add(cell, 1);
        }
    }

    /// Answers, octets before, octets after.
    #[must_use]
    pub fn totals(&self, algorithm: Algorithm) -> [u64; 3] {
        let cells = self.algorithms.get(algorithm as usize);
        cells.map_or([0; 3], |Cells(cells)| cells.each_ref().map(|cell| cell.load(Ordering::Relaxed)))
    }

    /// Answers that were passed on as they are for this reason.
    #[must_use]
    pub fn skips(&self, skip: Skip) -> u64 {
        self.skipped.get(skip as usize).map_or(0, |cell| cell.load(Ordering::Relaxed))
    }
}
