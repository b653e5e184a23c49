//! One try: some units as they are now, the others as they were when all was well.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::assemble::Spot;
use super::settle::{Scope, Unit};
use super::{Assembled, Base, Content, Part, PartName, Section};
use crate::fault::{Fault, Faults, Findings, Missing, Severity};
use crate::source::{Source, Span, Tree};
use crate::validate::{Compiled, compile_fleet};

/// What is said of a unit that is put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// It is wrong itself.
    Wrong,
    /// It names what is not there.
    Waits,
    /// It takes away what others need.
    Needed,
}

/// A unit that cannot stay as it is now.
#[derive(Debug, Clone)]
pub(super) struct Blame {
    pub(super) unit: usize,
    pub(super) why: Why,
    /// In the text of the unit.
    pub(super) fault: Fault,
    /// Other units by which it came to that.
    pub(super) others: Vec<usize>,
    /// Whether not all of the table was looked at.
    pub(super) partial: bool,
}

impl Blame {
    fn new(unit: usize, why: Why, fault: Fault, others: Vec<usize>) -> Self {
        Self { unit, why, fault, others, partial: false }
    }
}

/// What came of a try.
pub(super) enum Tried {
    Good(Box<(Compiled, Assembled)>),
    Bad(Bad),
}

/// A table that does not compile.
pub(super) struct Bad {
    /// Whom to put back.
    pub(super) blames: Vec<Blame>,
    /// All that is wrong with it.
    pub(super) faults: Faults,
    /// Whether there may be more that is wrong.
    pub(super) more: bool,
}

/// One try.
pub(super) struct Round<'a> {
    base: &'a Base,
    units: &'a [Unit],
    /// Which units are as they were.
    back: &'a [bool],
    /// The only ones that may be blamed; all when left out.
    only: Option<&'a BTreeSet<usize>>,
    /// The only parts that are looked at; all when left out.
    scope: Option<&'a Scope<'a>>,
    parts: BTreeMap<&'a PartName, &'a Part>,
    owners: BTreeMap<&'a PartName, usize>,
    /// Units that move, by the parts that they have, or had.
    moving: OnceCell<HashMap<&'a PartName, Vec<usize>>>,
    trees: RefCell<HashMap<usize, Option<Tree<'a>>>>,
}

impl<'a> Round<'a> {
    pub(super) fn new(base: &'a Base, units: &'a [Unit], back: &'a [bool]) -> Self {
        Self {
            base,
            units,
            back,
            only: None,
            scope: None,
            parts: BTreeMap::new(),
            owners: BTreeMap::new(),
            moving: OnceCell::new(),
            trees: RefCell::default(),
        }
    }

    /// In which only these may be blamed.
    pub(super) fn only(self, units: &'a BTreeSet<usize>) -> Self {
        Self { only: Some(units), ..self }
    }

    /// In which no more than this is looked at, if it is less than all.
    pub(super) fn within(self, scope: Option<&'a Scope<'a>>) -> Self {
        Self { scope, ..self }
    }

    /// Puts the parts together and compiles them.
    pub(super) fn run(mut self, name: &str) -> Tried {
        let mut blames = self.gather();
        blames.extend(self.orphans());
        if !blames.is_empty() {
            let mut findings = Findings::default();
            blames.iter().for_each(|blame| findings.push(blame.fault.clone()));
            let faults = findings.into_faults(&Source::new(name, ""));
            return Tried::Bad(Bad { blames, faults, more: true });
        }
        let assembled = Assembled::new(self.base, &self.parts, name);
        match compile_fleet(assembled.source()) {
            Ok(compiled) => Tried::Good(Box::new((compiled, assembled))),
            Err(faults) => {
                let errors = faults.iter().filter(|fault| fault.severity() == Severity::Error);
                let blames = errors.flat_map(|fault| self.blame(fault, &assembled)).collect();
                let more = faults.left_out() > 0;
                Tried::Bad(Bad { blames, faults, more })
            }
        }
    }

    fn is_new(&self, unit: usize) -> bool {
        !self.back.get(unit).copied().unwrap_or(true)
    }

    /// Whether it can be put back.
    fn moves(&self, unit: usize) -> bool {
        self.is_new(unit) && self.only.is_none_or(|only| only.contains(&unit))
    }

    fn movable(&self) -> impl Iterator<Item = usize> {
        let (all, only) = match self.only {
            None => (Some(0..self.units.len()), None),
            Some(only) => (None, Some(only.iter().copied())),
        };
        let units = all.into_iter().flatten().chain(only.into_iter().flatten());
        units.filter(|unit| self.moves(*unit))
    }

    fn now(&self, unit: usize) -> Option<&'a Content> {
        let one = self.units.get(unit)?;
        if self.is_new(unit) { one.new.as_ref() } else { one.good.as_ref() }
    }

    /// Collects the parts. Blames units for names that are there twice.
    fn gather(&mut self) -> Vec<Blame> {
        let mut blames = Vec::new();
        let units: Box<dyn Iterator<Item = usize>> = match self.scope {
            Some(scope) => Box::new(scope.units()),
            None => Box::new(0..self.units.len()),
        };
        for unit in units {
            let parts = self.now(unit).into_iter().flat_map(Content::parts);
            for part in parts.filter(|part| self.scope.is_none_or(|scope| scope.has(part.name()))) {
                let Some(first) = self.owners.get(part.name()).copied() else {
                    self.parts.insert(part.name(), part);
                    self.owners.insert(part.name(), unit);
                    continue;
                };
                let (blamed, other) = if self.moves(unit) { (unit, first) } else { (first, unit) };
                blames.extend(self.clash(part.name(), blamed, other));
            }
        }
        blames
    }

    fn clash(&self, name: &PartName, unit: usize, other: usize) -> Option<Blame> {
        let theirs = self.now(other)?;
        let there = self.span(other, name, &Spot::Name).place();
        let said = format!("{name} is there twice: also in {}, {there}", theirs.source().name());
        let fault = Fault::error(self.span(unit, name, &Spot::Name), said).help("keep one of them");
        Some(Blame::new(unit, Why::Wrong, fault, vec![other]))
    }

    /// Endpoints of clusters that are not there.
    fn orphans(&self) -> Vec<Blame> {
        let endpoints = self.owners.iter().filter(|(name, _)| name.section() == Section::Endpoints);
        let orphans = endpoints.filter_map(|(name, unit)| {
            let cluster = PartName::new(Section::Cluster, name.name())?;
            if self.parts.contains_key(&cluster) || !self.moves(*unit) {
                return None;
            }
            let found = format!("there is no cluster `{}`", name.name());
            let span = self.span(*unit, name, &Spot::Name);
            let fault = Fault::error(span, found).missing(Missing::Cluster(name.name().to_owned()));
            Some(Blame::new(*unit, Why::Waits, fault, self.providers(&cluster)))
        });
        orphans.collect()
    }

    /// Units that moved and have, or had, this part.
    fn providers(&self, name: &PartName) -> Vec<usize> {
        let moving = self.moving.get_or_init(|| {
            let mut moving: HashMap<&PartName, Vec<usize>> = HashMap::new();
            for unit in self.movable() {
                let Some(one) = self.units.get(unit) else { continue };
                for part in [&one.new, &one.good].into_iter().flatten().flat_map(Content::parts) {
                    let units = moving.entry(part.name()).or_default();
                    if units.last() != Some(&unit) {
                        units.push(unit);
                    }
                }
            }
            moving
        });
        moving.get(name).cloned().unwrap_or_default()
    }

    /// Where a place of a part stands in the text of the unit.
    fn span(&self, unit: usize, name: &PartName, spot: &Spot) -> Span {
        let Some(content) = self.now(unit) else { return Span::default() };
        let mut trees = self.trees.borrow_mut();
        let tree = trees.entry(unit).or_insert_with(|| content.tree());
        tree.as_ref().map_or_else(Span::default, |tree| content.span_in(tree, name, spot))
    }

    fn blame(&self, fault: &Fault, assembled: &Assembled) -> Vec<Blame> {
        let spot = |span| {
            let (part, spot) = assembled.spot(span, &self.parts)?;
            let unit = *self.owners.get(part.name())?;
            Assembled::says(part, &spot).then_some((unit, part, spot))
        };
        let first = spot(fault.span());
        let second = fault.second().and_then(|(span, label)| Some((spot(span)?, label)));
        let missing = fault.missing_name().and_then(provider);
        let mut others = missing.as_ref().map(|name| self.providers(name)).unwrap_or_default();
        if let Some((unit, part, place)) = first.as_ref().filter(|(unit, ..)| self.moves(*unit)) {
            others.extend(second.as_ref().map(|((other, ..), _)| *other));
            let second = second.as_ref().map(|((_, part, place), label)| (*part, place, *label));
            let fault = self.moved(fault, *unit, (part, place), second);
            let why = if missing.is_some() { Why::Waits } else { Why::Wrong };
            return vec![Blame::new(*unit, why, fault, others)];
        }
        let sufferer = first.as_ref().map(|(_, part, _)| *part);
        if missing.is_some() && !others.is_empty() {
            return others.iter().map(|unit| self.needed(*unit, missing.as_ref(), fault, sufferer)).collect();
        }
        if let Some(((unit, part, place), _)) = second.filter(|((unit, ..), _)| self.moves(*unit)) {
            let said = sufferer.map(|sufferer| format!(" (in {})", sufferer.name())).unwrap_or_default();
            let fault = self.moved(fault, unit, (part, &place), None).telling(&said);
            return vec![Blame::new(unit, Why::Wrong, fault, first.iter().map(|(unit, ..)| *unit).collect())];
        }
        self.suspects(sufferer).into_iter().map(|unit| self.needed(unit, None, fault, sufferer)).collect()
    }

    /// The fault in the text of the unit.
    fn moved(
        &self,
        fault: &Fault,
        unit: usize,
        (part, place): (&Part, &Spot),
        second: Option<(&Part, &Spot, &str)>,
    ) -> Fault {
        let Some(content) = self.now(unit) else { return fault.clone().at(Span::default()) };
        let moved = fault.clone().at(self.span(unit, part.name(), place));
        match second {
            Some((other, spot, label))
                if content.part(other.name()).is_some_and(|own| std::ptr::eq(own, other)) =>
            {
                moved.related(self.span(unit, other.name(), spot), label)
            }
            Some((other, _, _)) if other.name() != part.name() => {
                moved.telling(&format!(" ({})", other.name()))
            }
            _ => moved,
        }
    }

    /// What is said of a unit that takes away, or changes, what others need.
    fn needed(&self, unit: usize, taken: Option<&PartName>, fault: &Fault, sufferer: Option<&Part>) -> Blame {
        let span = self.now(unit).zip(taken).map(|(content, name)| match content.part(name) {
            Some(_) => self.span(unit, name, &Spot::Name),
            None => Span::default(),
        });
        let who = sufferer.map_or_else(|| "the rest of the table".to_owned(), |part| part.name().to_string());
        let said = format!("{who} needs what was there before: {}", fault.message());
        let others = sufferer.and_then(|part| self.owners.get(part.name()).copied());
        let fault = Fault::error(span.unwrap_or_default(), said).help(format!("change {who} first"));
        Blame::new(unit, Why::Needed, fault, others.into_iter().collect())
    }

    /// Units that moved, by which a part that did not may have become wrong: those that it names, or else all.
    fn suspects(&self, sufferer: Option<&Part>) -> Vec<usize> {
        let moving = || self.movable();
        let named = |unit: &usize| {
            let one = self.units.get(*unit);
            let contents = one.into_iter().flat_map(|one| [&one.new, &one.good]).flatten();
            contents
                .flat_map(Content::parts)
                .any(|part| sufferer.is_some_and(|whole| mentions(whole, part.name())))
        };
        let named: Vec<_> = moving().filter(named).collect();
        if named.is_empty() { moving().collect() } else { named }
    }
}

/// Whether a part may depend on another one: too often rather than too seldom.
pub(super) fn mentions(part: &Part, name: &PartName) -> bool {
    name.section() == Section::Settings
        || part.text().contains(name.name())
        || part.name().name() == name.name()
}

/// The part that would give what is missing.
fn provider(missing: &Missing) -> Option<PartName> {
    match missing {
        Missing::Listener(name) => PartName::new(Section::Listener, name),
        Missing::Cluster(name) => PartName::new(Section::Cluster, name),
        Missing::Subset { cluster, .. } => PartName::new(Section::Cluster, cluster),
        Missing::Endpoints(cluster) => PartName::new(Section::Endpoints, cluster),
    }
}
