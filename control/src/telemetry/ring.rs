//! Recent time in pieces: the last two minutes by seconds, a quarter of an hour by tens of seconds, a day by fives of
//! minutes. Pieces in which nothing happened take no room.

use super::tally::Tally;

#[cfg(test)]
mod tests;

/// The pieces: how many seconds each has, and how many are kept.
const RINGS: [(u64, usize); 3] = [(1, 120), (10, 90), (300, 288)];

/// The recent time of one series. Times are seconds from a beginning that all share.
#[derive(Debug, Default)]
pub struct Recent {
    rings: [Ring; RINGS.len()],
    last: u64,
}

#[derive(Debug, Default)]
struct Ring(Vec<Option<Box<Piece>>>);

#[derive(Debug)]
struct Piece {
    number: u64,
    tally: Tally,
}

impl Recent {
    /// Counts something that is of now.
    pub fn add(&mut self, now: u64, tally: &Tally) {
        self.last = now;
        for (ring, (seconds, pieces)) in self.rings.iter_mut().zip(RINGS) {
            ring.add(now / seconds, pieces, tally);
        }
    }

    /// When something was counted last.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// All of the last `window` seconds, by the finest pieces that reach so far.
    #[must_use]
    pub fn sum(&self, now: u64, window: u64) -> Tally {
        let mut sum = Tally::default();
        let ring = ring_for(window);
        let (seconds, _) = RINGS.get(ring).copied().unwrap_or((1, 1));
        let newest = now / seconds;
        let oldest = (newest + 1).saturating_sub(window.div_ceil(seconds).max(1));
        let kept = self.rings.get(ring).into_iter().flat_map(|ring| ring.0.iter().flatten());
        kept.filter(|piece| (oldest..=newest).contains(&piece.number))
            .for_each(|piece| sum.add(&piece.tally));
        sum
    }
}

/// The finest ring that holds so many seconds; the longest when none does.
fn ring_for(window: u64) -> usize {
    let holds = |(seconds, pieces): &(u64, usize)| seconds * *pieces as u64 >= window;
    RINGS.iter().position(holds).unwrap_or(RINGS.len() - 1)
}

impl Ring {
    fn add(&mut self, number: u64, pieces: usize, tally: &Tally) {
        let place = (number % pieces as u64) as usize;
        if self.0.len() <= place {
            self.0.resize_with(place + 1, || None);
        }
        let Some(kept) = self.0.get_mut(place) else { return };
        match kept {
            Some(piece) if piece.number == number => piece.tally.add(tally),
            _ => *kept = Some(Box::new(Piece { number, tally: tally.clone() })),
        }
    }
}
