//! Puts units back until the table compiles, and looks again at those that are back.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::near::Near;
use super::unit::{Outcome, Settled, Unit};
use crate::fault::{Fault, Faults, Findings, Missing, did_you_mean};
use crate::parts::round::{Bad, Blame, Round, Tried, Why};
use crate::parts::{Assembled, Base, Section};
use crate::validate::Compiled;

/// Units are looked at again until that has cost as much as compiling the table so often. It seldom costs as much as once: each
/// look is at what has to do with the unit.
const TABLES_MAX: usize = 16;

/// Finds the table that is as new as it can be: every unit is as it is now, but for those that are wrong, that wait for
/// what is not there, or that take away what others need; these are as they were. The content that was live last, of
/// all units together, must be a table that compiles; each round puts at least one unit back to it, so that this ends.
/// `name` is what the document is called.
///
/// # Errors
/// When not even the last table compiles any more: the base is wrong.
pub fn settle(name: &str, base: &Base, units: &[Unit]) -> Result<Settled, Faults> {
    // what the names in texts did not tell is found at the end, when all is compiled together: then it is done with the whole
    // table from the beginning
    Table::new(name, base, units, true).settled().or_else(|_| Table::new(name, base, units, false).settled())
}

pub(super) struct Table<'a> {
    name: &'a str,
    base: &'a Base,
    units: &'a [Unit],
    near: OnceCell<Near<'a>>,
    /// Whether only what has to do with a change is compiled to see what comes of it.
    is_near: bool,
    back: Vec<bool>,
    /// Units that were put back, whatever became of them then.
    fallen: BTreeSet<usize>,
    /// Why those that are back are.
    blames: BTreeMap<usize, Vec<Blame>>,
}

type Good = Box<(Compiled, Assembled)>;

impl<'a> Table<'a> {
    pub(super) fn new(name: &'a str, base: &'a Base, units: &'a [Unit], is_near: bool) -> Self {
        let back = units.iter().map(|unit| unit.new == unit.good).collect();
        let (fallen, blames) = (BTreeSet::new(), BTreeMap::new());
        Self { name, base, units, near: OnceCell::new(), is_near, back, fallen, blames }
    }

    pub(super) fn settled(mut self) -> Result<Settled, Faults> {
        let good = self.descend()?;
        let is_better = self.look_again();
        let good = match good.filter(|_| !is_better) {
            Some(good) => good,
            None => match Round::new(self.base, self.units, &self.back).run(self.name) {
                Tried::Good(good) => good,
                Tried::Bad(bad) => return Err(bad.faults),
            },
        };
        let units = self.units.iter().enumerate();
        let outcomes = units.map(|(position, unit)| self.outcome(position, unit)).collect();
        let (compiled, document) = *good;
        Ok(Settled { compiled, document, outcomes })
    }

    fn near(&self) -> &Near<'a> {
        self.near.get_or_init(|| Near::new(self.units))
    }

    /// Puts units back until the table compiles; `None` when that is known without having compiled all of it.
    fn descend(&mut self) -> Result<Option<Good>, Faults> {
        // what moves, was wrong, or went back: all else is known to be right, since it was live or was looked at
        let moving = self.back.iter().enumerate().filter(|(_, back)| !**back);
        let mut touched: BTreeSet<usize> = moving.map(|(unit, _)| unit).collect();
        let mut is_known = touched.len() * 2 <= self.units.len();
        loop {
            let scope = (is_known && self.is_near).then(|| self.near().scope(&touched, &self.back)).flatten();
            let round = Round::new(self.base, self.units, &self.back).within(scope.as_ref());
            let Bad { mut blames, faults, more } = match round.run(self.name) {
                Tried::Good(good) => return Ok(scope.is_none().then_some(good)),
                Tried::Bad(bad) => bad,
            };
            if scope.is_none() && !more {
                touched.clear();
                is_known = true;
            }
            blames.iter_mut().for_each(|blame| blame.partial = scope.is_some());
            for blame in &blames {
                touched.extend(blame.others.iter().copied().chain([blame.unit]));
            }
            let mut any = false;
            for blame in worst(blames) {
                if let Some(back) = self.back.get_mut(blame.unit).filter(|back| !**back) {
                    *back = true;
                    any = true;
                    self.fallen.insert(blame.unit);
                }
                self.blames.entry(blame.unit).or_default().push(blame);
            }
            if !any {
                return Err(faults);
            }
        }
    }

    /// Tries those again that were put back because of others that are put back too, one by one and together, until none of
    /// them can stay. Whether any could.
    fn look_again(&mut self) -> bool {
        let mut is_better = false;
        let mut open: BTreeSet<usize> =
            self.blames.keys().copied().filter(|unit| self.is_linked(*unit)).collect();
        if open.is_empty() {
            return false;
        }
        loop {
            while let Some(unit) = open.pop_first() {
                let freed = self.look(&BTreeSet::from([unit]));
                open.extend(self.linked(&freed));
                is_better |= !freed.is_empty();
            }
            let freed = self.look_together();
            if freed.is_empty() {
                return is_better;
            }
            open = self.linked(&freed);
            is_better = true;
        }
    }

    /// Units may need each other, so that none of them can stay alone. Tries all of them once more, as if they came now; then
    /// those that are not wrong themselves, as one that is wrong may have been before them. Which of them can stay.
    fn look_together(&mut self) -> BTreeSet<usize> {
        let all: BTreeSet<usize> = self.blames.keys().copied().collect();
        let freed = self.look(&all);
        if !freed.is_empty() {
            return freed;
        }
        let right =
            |unit: &usize| self.blames.get(unit).is_some_and(|blames| why(blames) != Some(Why::Wrong));
        let waiting = all.into_iter().filter(right).collect();
        self.look(&waiting)
    }

    /// Tries units again that are back. Which of them can stay.
    fn look(&mut self, group: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut back = self.back.clone();
        let mut freed = group.clone();
        group.iter().for_each(|unit| set(&mut back, *unit, false));
        while !freed.is_empty() {
            if self.near().tables() >= TABLES_MAX {
                return BTreeSet::new();
            }
            let scope = self.is_near.then(|| self.near().scope(group, &back)).flatten();
            if scope.is_none() {
                self.near().whole();
            }
            let round = Round::new(self.base, self.units, &back).only(group).within(scope.as_ref());
            let Bad { mut blames, .. } = match round.run(self.name) {
                Tried::Good(_) => break,
                Tried::Bad(bad) => bad,
            };
            blames.retain(|blame| freed.contains(&blame.unit));
            blames.iter_mut().for_each(|blame| blame.partial = scope.is_some());
            if blames.is_empty() {
                return BTreeSet::new();
            }
            if let (Some(unit), 1) = (group.first(), group.len()) {
                // what is wrong with it beside what is live, and no more
                self.blames.insert(*unit, blames);
                return BTreeSet::new();
            }
            for blame in worst(blames) {
                set(&mut back, blame.unit, true);
                freed.remove(&blame.unit);
            }
        }
        if !freed.is_empty() {
            self.back = back;
            self.blames.retain(|unit, _| !freed.contains(unit));
        }
        freed
    }

    /// Whether a unit and another one that was put back, or is again as it is now, have to do with each other.
    fn is_linked(&self, unit: usize) -> bool {
        let fell = |other: &usize| *other != unit && self.fallen.contains(other);
        let others = self.blames.get(&unit).into_iter().flatten().flat_map(|blame| &blame.others);
        self.fallen.len() > 1
            && (others.copied().any(|other| fell(&other)) || self.near().neighbours(unit).iter().any(fell))
    }

    /// Those that are back and have to do with any of these.
    fn linked(&self, freed: &BTreeSet<usize>) -> BTreeSet<usize> {
        let near = freed.iter().flat_map(|unit| self.near().neighbours(*unit));
        let near = near.filter(|unit| self.blames.contains_key(unit));
        let because = self.blames.iter().filter(|(_, blames)| {
            blames.iter().flat_map(|blame| &blame.others).any(|other| freed.contains(other))
        });
        near.chain(because.map(|(unit, _)| *unit)).collect()
    }

    fn outcome(&self, position: usize, unit: &Unit) -> Outcome {
        let Some(blames) = self.blames.get(&position) else { return Outcome::Live };
        let mut findings = Findings::default();
        for blame in blames {
            findings.push_once(self.suggesting(blame));
        }
        let Some(content) = unit.new.as_ref().or(unit.good.as_ref()) else { return Outcome::Live };
        let faults = findings.into_faults(content.source());
        match why(blames) {
            None => Outcome::Live,
            Some(Why::Wrong) => Outcome::Rejected(faults),
            Some(Why::Waits) => Outcome::Waiting(faults),
            Some(Why::Needed) => Outcome::Held(faults),
        }
    }

    /// The fault, with the name that may have been meant among all that are there.
    fn suggesting(&self, blame: &Blame) -> Fault {
        let fault = blame.fault.clone();
        let (section, name) = match fault.missing_name().filter(|_| blame.partial) {
            Some(Missing::Listener(name)) => (Section::Listener, name.clone()),
            Some(Missing::Cluster(name)) => (Section::Cluster, name.clone()),
            _ => return fault,
        };
        match did_you_mean(&name, self.near().names(section, &self.back)) {
            Some(help) => fault.help(help),
            None => fault,
        }
    }
}

fn set(back: &mut [bool], unit: usize, to: bool) {
    back.get_mut(unit).into_iter().for_each(|back| *back = to);
}

fn why(blames: &[Blame]) -> Option<Why> {
    blames.iter().map(|blame| blame.why).min_by_key(|why| *why as u8)
}

/// What is wrong itself goes first: others may name it, and what it was will do for them.
fn worst(blames: Vec<Blame>) -> impl Iterator<Item = Blame> {
    let worst = why(&blames);
    blames.into_iter().filter(move |blame| Some(blame.why) == worst)
}
