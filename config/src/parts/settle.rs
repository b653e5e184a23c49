//! Which of what has arrived goes live.

use super::round::{Blame, Round, Tried, Why, mentions};
use super::{Assembled, Base, Content, Part, PartName};
use crate::fault::{Faults, Findings};
use crate::validate::Compiled;

/// More units than these that are put back are not looked at again: each look costs as much as compiling the table.
const SECOND_LOOKS_MAX: usize = 10;

/// What stands and falls together: a resource at a proxy, a file at the control server.
#[derive(Debug, Clone, Default)]
pub struct Unit {
    /// What was said last; `None` when it was removed.
    pub new: Option<Content>,
    /// What was live last; `None` when it never was, or was removed then.
    pub good: Option<Content>,
}

/// What became of the newest content of a unit.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It is live.
    Live,
    /// It is wrong: what was live stays.
    Rejected(Faults),
    /// It names what is not there: what was live stays.
    Waiting(Faults),
    /// It takes away what others need: what was live stays.
    Held(Faults),
}

impl Outcome {
    /// Why it is not live.
    #[must_use]
    pub fn faults(&self) -> Option<&Faults> {
        match self {
            Self::Live => None,
            Self::Rejected(faults) | Self::Waiting(faults) | Self::Held(faults) => Some(faults),
        }
    }
}

/// A table that compiles, and what of each unit is in it.
#[derive(Debug, Clone)]
pub struct Settled {
    compiled: Compiled,
    document: Assembled,
    outcomes: Vec<Outcome>,
}

impl Settled {
    /// What goes live.
    #[must_use]
    pub fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// The document that says so.
    #[must_use]
    pub fn document(&self) -> &Assembled {
        &self.document
    }

    /// What became of each unit, in their order.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// What goes live, without the rest.
    #[must_use]
    pub fn into_parts(self) -> (Compiled, Assembled, Vec<Outcome>) {
        (self.compiled, self.document, self.outcomes)
    }
}

/// Finds the table that is as new as it can be: every unit is as it is now, but for those that are wrong, that wait for
/// what is not there, or that take away what others need; these are as they were. The content that was live last, of
/// all units together, must be a table that compiles; each round puts at least one unit back to it, so that this ends.
/// `name` is what the document is called.
///
/// # Errors
/// When not even the last table compiles any more: the base is wrong.
pub fn settle(name: &str, base: &Base, units: &[Unit]) -> Result<Settled, Faults> {
    let still = |unit: &Unit| unit.new == unit.good;
    let mut table = Table {
        name,
        base,
        units,
        back: units.iter().map(still).collect(),
        fallen: Vec::new(),
        blames: Vec::new(),
    };
    let mut good = table.descend()?;
    while let Some(better) = table.look_again() {
        good = better;
    }
    let outcomes = units.iter().enumerate().map(|(position, unit)| table.outcome(position, unit)).collect();
    let (compiled, document) = *good;
    Ok(Settled { compiled, document, outcomes })
}

struct Table<'a> {
    name: &'a str,
    base: &'a Base,
    units: &'a [Unit],
    back: Vec<bool>,
    /// Units that were put back, whatever became of them then.
    fallen: Vec<usize>,
    /// Why those that are back are.
    blames: Vec<Blame>,
}

type Good = Box<(Compiled, Assembled)>;

impl Table<'_> {
    /// Puts units back until the table compiles.
    fn descend(&mut self) -> Result<Good, Faults> {
        loop {
            let (blames, faults) = match Round::new(self.base, self.units, &self.back, None).run(self.name) {
                Tried::Good(good) => return Ok(good),
                Tried::Bad(blames, faults) => (blames, faults),
            };
            // what is wrong itself goes first: others may name it, and what it was will do for them
            let worst = blames.iter().map(|blame| blame.why).min_by_key(|why| *why as u8);
            let before = self.back.iter().filter(|back| **back).count();
            for blame in blames.into_iter().filter(|blame| Some(blame.why) == worst) {
                if let Some(back) = self.back.get_mut(blame.unit).filter(|back| !**back) {
                    *back = true;
                    self.fallen.push(blame.unit);
                }
                self.blames.push(blame);
            }
            if self.back.iter().filter(|back| **back).count() == before {
                return Err(faults);
            }
        }
    }

    /// Tries those again that were put back because of others that are put back too.
    fn look_again(&mut self) -> Option<Good> {
        let put_back: Vec<_> = (0..self.units.len()).filter(|unit| self.is_blamed(*unit)).collect();
        if put_back.len() > SECOND_LOOKS_MAX {
            return None;
        }
        let linked = put_back.iter().copied().filter(|unit| self.is_linked(*unit)).collect::<Vec<_>>();
        for unit in linked {
            let mut back = self.back.clone();
            if let Some(back) = back.get_mut(unit) {
                *back = false;
            }
            let now = match Round::new(self.base, self.units, &back, Some(unit)).run(self.name) {
                Tried::Good(good) => {
                    self.back = back;
                    self.blames.retain(|blame| blame.unit != unit);
                    return Some(good);
                }
                Tried::Bad(blames, _) => {
                    blames.into_iter().filter(|blame| blame.unit == unit).collect::<Vec<_>>()
                }
            };
            // what is wrong with it beside what is live, and no more
            if !now.is_empty() {
                self.blames.retain(|blame| blame.unit != unit);
                self.blames.extend(now);
            }
        }
        None
    }

    fn is_blamed(&self, unit: usize) -> bool {
        self.blames.iter().any(|blame| blame.unit == unit)
    }

    /// Whether a unit and another one that was put back, or is again as it is now, have to do with each other.
    fn is_linked(&self, unit: usize) -> bool {
        let others = || self.fallen.iter().copied().filter(|other| *other != unit);
        let blamed = self.blames.iter().filter(|blame| blame.unit == unit);
        blamed.flat_map(|blame| &blame.others).any(|other| others().any(|one| one == *other))
            || others().any(|other| self.names(unit, other) || self.names(other, unit))
    }

    fn parts(&self, unit: usize) -> impl Iterator<Item = &Part> {
        let one = self.units.get(unit);
        one.into_iter().flat_map(|one| [&one.new, &one.good]).flatten().flat_map(Content::parts)
    }

    fn names(&self, unit: usize, other: usize) -> bool {
        let names: Vec<&PartName> = self.parts(other).map(Part::name).collect();
        self.parts(unit).any(|part| names.iter().any(|name| mentions(part, name)))
    }

    fn outcome(&self, position: usize, unit: &Unit) -> Outcome {
        let mut findings = Findings::default();
        let mut whys = Vec::new();
        for blame in self.blames.iter().filter(|blame| blame.unit == position) {
            findings.push_once(blame.fault.clone());
            whys.push(blame.why);
        }
        let Some(content) = unit.new.as_ref().or(unit.good.as_ref()) else { return Outcome::Live };
        let faults = findings.into_faults(content.source());
        match whys.into_iter().min_by_key(|why| *why as u8) {
            None => Outcome::Live,
            Some(Why::Wrong) => Outcome::Rejected(faults),
            Some(Why::Waits) => Outcome::Waiting(faults),
            Some(Why::Needed) => Outcome::Held(faults),
        }
    }
}

#[cfg(test)]
mod tests;
