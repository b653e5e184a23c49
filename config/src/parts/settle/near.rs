//! Which parts have to do with each other, by the names in their texts: what is tried again after a small change need not be
//! tried with the whole table.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::unit::Unit;
use crate::parts::{Content, Part, PartName, Section};

/// A part of a unit: of what it says now (`new`), or of what was live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    unit: usize,
    new: bool,
    part: usize,
}

/// Who has a name, and whose text has it as a word.
#[derive(Debug, Default)]
struct Known {
    named: Vec<Place>,
    naming: Vec<Place>,
}

/// The parts of all units, by the words that are names. A part may depend on another one if it has its name as a word
/// somewhere, which is said too often rather than too seldom.
#[derive(Debug)]
pub(super) struct Near<'a> {
    units: &'a [Unit],
    /// By the last step of the name: `ledger` of `payments:ledger`.
    words: HashMap<&'a str, Known>,
    /// Settings and listeners: what is wrong with one of them may be due to any other.
    always: Vec<Place>,
    parts: usize,
    /// How many parts were looked at.
    work: Cell<usize>,
}

/// What of a table has to do with a change of it, and is wrong or right without the rest.
#[derive(Debug)]
pub(in crate::parts) struct Scope<'a> {
    units: BTreeSet<usize>,
    names: HashSet<&'a PartName>,
}

impl<'a> Scope<'a> {
    /// The units of which something is in it.
    pub(in crate::parts) fn units(&self) -> impl Iterator<Item = usize> {
        self.units.iter().copied()
    }

    /// Whether parts of this name are in it.
    pub(in crate::parts) fn has(&self, name: &PartName) -> bool {
        self.names.contains(name)
    }
}

impl<'a> Near<'a> {
    pub(super) fn new(units: &'a [Unit]) -> Self {
        let mut near =
            Self { units, words: HashMap::new(), always: Vec::new(), parts: 0, work: Cell::new(0) };
        let places: Vec<(Place, &Part)> = (0..units.len()).flat_map(|unit| places(units, unit)).collect();
        for (place, part) in &places {
            near.words.entry(key(part.name())).or_default().named.push(*place);
            if matches!(part.name().section(), Section::Settings | Section::Listener) {
                near.always.push(*place);
            }
        }
        near.parts = places.len();
        for (place, part) in places {
            for word in words(part) {
                if let Some(known) =
                    near.words.get_mut(word).filter(|known| known.naming.last() != Some(&place))
                {
                    known.naming.push(place);
                }
            }
        }
        near
    }

    /// How many whole tables the work so far would have been.
    pub(super) fn tables(&self) -> usize {
        self.work.get() / self.parts.max(1)
    }

    fn part(&self, place: Place) -> Option<&'a Part> {
        let unit = self.units.get(place.unit)?;
        let content = if place.new { &unit.new } else { &unit.good };
        content.as_ref()?.parts().get(place.part)
    }

    /// The names of one section that are in the table.
    pub(super) fn names(&self, section: Section, back: &[bool]) -> impl Iterator<Item = &'a str> {
        let places =
            self.words.values().flat_map(|known| &known.named).filter(|place| is_live(**place, back));
        places.filter_map(move |place| {
            let name = self.part(*place)?.name();
            (name.section() == section).then(|| name.name())
        })
    }

    /// What of the table has to do with these units, of which everything may have changed; `None` where that is all of it.
    pub(super) fn scope(&self, seeds: &BTreeSet<usize>, back: &[bool]) -> Option<Scope<'a>> {
        let mut found = Found { back, seen: HashSet::new(), open: Vec::new() };
        for part in seeds.iter().flat_map(|unit| self.differing(*unit)) {
            if part.name().section() == Section::Settings {
                return None;
            }
            let known = self.words.get(key(part.name()));
            found.take(known.into_iter().flat_map(|known| known.named.iter().chain(&known.naming)));
        }
        found.take(&self.always);
        while let Some(place) = found.open.pop() {
            let Some(part) = self.part(place) else { continue };
            for word in words(part).chain([key(part.name())]) {
                let known = self.words.get(word);
                found.take(known.into_iter().flat_map(|known| &known.named));
            }
            if found.seen.len() * 2 > self.parts {
                return None;
            }
        }
        let seen = found.seen;
        self.work.set(self.work.get() + seen.len());
        let names = seen.iter().filter_map(|place| Some(self.part(*place)?.name())).collect();
        Some(Scope {
            units: seen.iter().map(|place| place.unit).chain(seeds.iter().copied()).collect(),
            names,
        })
    }

    /// Notes that a whole table was looked at.
    pub(super) fn whole(&self) {
        self.work.set(self.work.get() + self.parts);
    }

    /// The other units that this one names, or that name it.
    pub(super) fn neighbours(&self, unit: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for (_, part) in places(self.units, unit) {
            if part.name().section() == Section::Settings {
                found.extend(0..self.units.len());
            }
            found
                .extend(self.always.iter().filter(|place| self.is_settings(**place)).map(|place| place.unit));
            if let Some(known) = self.words.get(key(part.name())) {
                found.extend(known.named.iter().chain(&known.naming).map(|place| place.unit));
            }
            let named = words(part).filter_map(|word| self.words.get(word));
            found.extend(named.flat_map(|known| &known.named).map(|place| place.unit));
            // they meet at their addresses
            if part.name().section() == Section::Listener {
                found.extend(self.always.iter().map(|place| place.unit));
            }
        }
        found.remove(&unit);
        self.work.set(self.work.get() + found.len() / 8);
        found
    }

    fn is_settings(&self, place: Place) -> bool {
        self.part(place).is_some_and(|part| part.name().section() == Section::Settings)
    }

    /// What a unit says now and did not say, or said and says no more.
    fn differing(&self, unit: usize) -> impl Iterator<Item = &'a Part> {
        let parts = |content: Option<&'a Content>| content.into_iter().flat_map(Content::parts);
        let unit = self.units.get(unit);
        let (new, good) = (unit.and_then(|unit| unit.new.as_ref()), unit.and_then(|unit| unit.good.as_ref()));
        let [new_by_name, good_by_name] = [new, good]
            .map(|content| parts(content).map(|part| (part.name(), part)).collect::<HashMap<_, _>>());
        let fresh = parts(new).filter(move |part| good_by_name.get(part.name()) != Some(part));
        fresh.chain(parts(good).filter(move |part| new_by_name.get(part.name()) != Some(part)))
    }
}

/// Parts that are looked at, and those of them whose names were not followed yet.
struct Found<'b> {
    back: &'b [bool],
    seen: HashSet<Place>,
    open: Vec<Place>,
}

impl Found<'_> {
    fn take<'p>(&mut self, places: impl IntoIterator<Item = &'p Place>) {
        for place in places {
            if is_live(*place, self.back) && self.seen.insert(*place) {
                self.open.push(*place);
            }
        }
    }
}

/// Whether a part is in the table when these units are as they were.
fn is_live(place: Place, back: &[bool]) -> bool {
    back.get(place.unit).is_some_and(|back| *back != place.new)
}

/// The parts of a unit; of one that did not change, those that are live.
fn places(units: &[Unit], unit: usize) -> impl Iterator<Item = (Place, &Part)> {
    let one = units.get(unit);
    let good = one.and_then(|one| one.good.as_ref());
    let new = one.and_then(|one| one.new.as_ref()).filter(|new| good != Some(*new));
    [(false, good), (true, new)].into_iter().flat_map(move |(new, content)| {
        let parts = content.into_iter().flat_map(|content| content.parts().iter().enumerate());
        parts.map(move |(part, text)| (Place { unit, new, part }, text))
    })
}

fn key(name: &PartName) -> &str {
    name.name().rsplit(':').next().unwrap_or_default()
}

/// The words of a part's text that may be names. Endpoints name nothing.
fn words(part: &Part) -> impl Iterator<Item = &str> {
    let text = if part.name().section() == Section::Endpoints { "" } else { &**part.text() };
    let inner =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '-' | '.');
    let words = text.split(move |letter| !inner(letter)).map(|word| word.trim_matches(['-', '.']));
    words.filter(|word| !word.is_empty())
}
