//! Recent time in pieces: the last two minutes by seconds, a quarter of an hour by tens of seconds, a day by fives of
//! minutes. Pieces in which nothing happened take no room.

#[cfg(test)]
mod tests;

/// The pieces: how many seconds each has, and how many are kept.
const RINGS: [(u64, usize); 3] = [(1, 120), (10, 90), (300, 288)];

/// What can be counted together.
pub trait Sum: Clone + Default {
    /// Adds what was counted elsewhere, or later.
    fn add(&mut self, other: &Self);
}

/// What was counted in recent time. Times are seconds from a beginning that all share.
#[derive(Debug)]
pub struct Recent<T> {
    rings: [Ring<T>; RINGS.len()],
    last: u64,
}

#[derive(Debug)]
struct Ring<T>(Vec<Option<Box<Piece<T>>>>);

#[derive(Debug)]
struct Piece<T> {
    number: u64,
    sum: T,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { rings: std::array::from_fn(|_| Ring(Vec::new())), last: 0 }
    }
}

impl<T: Sum> Recent<T> {
    /// Counts something that is of now.
    pub fn add(&mut self, now: u64, counted: &T) {
        self.last = now;
        for (ring, (seconds, pieces)) in self.rings.iter_mut().zip(RINGS) {
            ring.add(now / seconds, pieces, counted);
        }
    }

    /// When something was counted last.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// All of the last `window` seconds, by the finest pieces that reach so far.
    #[must_use]
    pub fn sum(&self, now: u64, window: u64) -> T {
        let mut sum = T::default();
        let ring = ring_for(window);
        let (seconds, _) = RINGS.get(ring).copied().unwrap_or((1, 1));
        let newest = now / seconds;
        let oldest = (newest + 1).saturating_sub(window.div_ceil(seconds).max(1));
        let kept = self.rings.get(ring).into_iter().flat_map(|ring| ring.0.iter().flatten());
        kept.filter(|piece| (oldest..=newest).contains(&piece.number)).for_each(|piece| sum.add(&piece.sum));
        sum
    }
}

/// The finest ring that holds so many seconds; the longest when none does.
fn ring_for(window: u64) -> usize {
    let holds = |(seconds, pieces): &(u64, usize)| seconds * *pieces as u64 >= window;
    RINGS.iter().position(holds).unwrap_or(RINGS.len() - 1)
}

impl<T: Sum> Ring<T> {
    fn add(&mut self, number: u64, pieces: usize, counted: &T) {
        let place = (number % pieces as u64) as usize;
        if self.0.len() <= place {
            self.0.resize_with(place + 1, || None);
        }
        let Some(kept) = self.0.get_mut(place) else { return };
        match kept {
            Some(piece) if piece.number == number => piece.sum.add(counted),
            _ => *kept = Some(Box::new(Piece { number, sum: counted.clone() })),
        }
    }
}
