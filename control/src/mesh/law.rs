//! What holds in a namespace beside its table: grants, quotas, scopes of all its documents.

use std::collections::{BTreeMap, HashMap};

use towpath_config::Faults;
use towpath_config::parts::{Grant, Outcome, PartName, Quotas, Scope, Section};

use super::document::Sheet;
use crate::documents::DocumentName;

/// Grants, quotas and scopes of one namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Law {
    grants: Vec<Grant>,
    quotas: Quotas,
    scopes: BTreeMap<String, Scope>,
}

impl Law {
    /// What these documents say together. Of two under one name the first counts.
    pub(super) fn of<'a>(sheets: impl Iterator<Item = &'a Sheet>) -> Self {
        let mut law = Self::default();
        let mut quotas = None;
        for rules in sheets.map(|sheet| sheet.cut.rules()) {
            law.grants.extend(rules.grants.values().cloned());
            quotas = quotas.or(rules.quotas);
            for (name, scope) in &rules.scopes {
                law.scopes.entry(name.clone()).or_insert_with(|| scope.clone());
            }
        }
        law.quotas = quotas.unwrap_or_default();
        law
    }

    /// Whether routes of `namespace` may point at `cluster`.
    #[must_use]
    pub fn allows(&self, namespace: &str, cluster: &str) -> bool {
        self.grants.iter().any(|grant| grant.allows(namespace, cluster))
    }

    /// How much there may be.
    #[must_use]
    pub fn quotas(&self) -> Quotas {
        self.quotas
    }

    /// The scopes, by name.
    #[must_use]
    pub fn scopes(&self) -> &BTreeMap<String, Scope> {
        &self.scopes
    }
}

/// A document as it was live last, and as it is now.
#[derive(Clone, Copy)]
pub(super) struct Change<'a> {
    pub(super) good: Option<&'a Sheet>,
    pub(super) new: Option<&'a Sheet>,
}

impl Change<'_> {
    fn moves(&self) -> bool {
        match (self.good, self.new) {
            (Some(good), Some(new)) => !std::ptr::eq(good, new),
            (None, None) => false,
            _ => true,
        }
    }
}

type Changes<'a> = BTreeMap<&'a DocumentName, Change<'a>>;
type Refused<'a> = BTreeMap<&'a DocumentName, Outcome>;

/// Puts documents back that say what another one says already: a grant or a scope of the same name, quotas.
pub(super) fn refuse_twins<'a>(changes: &mut Changes<'a>, refused: &mut Refused<'a>) {
    let mut seen: HashMap<String, &DocumentName> = HashMap::new();
    // those that stay as they are were first
    let mut order: Vec<_> = changes.iter().map(|(name, change)| (change.moves(), *name)).collect();
    order.sort();
    for (_, name) in order {
        let Some(sheet) = changes.get(name).and_then(|change| change.new) else { continue };
        let rules = sheet.cut.rules();
        let grants = rules.grants.keys().map(|grant| format!("the grant `{grant}`"));
        let scopes = rules.scopes.keys().map(|scope| format!("the scope `{scope}`"));
        let said: Vec<_> = grants.chain(scopes).chain(rules.quotas.map(|_| "`quotas`".to_owned())).collect();
        let twin = said.iter().find_map(|what| Some((what.clone(), *seen.get(what)?)));
        match twin {
            Some((what, first)) => {
                let found = format!("{what} is there twice: also in {first}");
                put_back(changes, refused, name, sheet.cut.content().fault(None, &found, "keep one of them"));
            }
            None => seen.extend(said.into_iter().map(|what| (what, name))),
        }
    }
}

/// What is counted, how much of it there may be, whose parts it is, and how it is counted.
type Row = (&'static str, u32, Section, fn(&Sheet) -> usize);

/// Puts documents back that add more than there may be, the last one by name first. What is there already stays.
pub(super) fn refuse_excess<'a>(changes: &mut Changes<'a>, refused: &mut Refused<'a>) {
    let law = Law::of(changes.values().filter_map(|change| change.new));
    let quotas = law.quotas();
    let rows: [Row; 3] = [
        ("routes", quotas.routes, Section::Route, |sheet| sheet.count(Section::Route)),
        ("clusters", quotas.clusters, Section::Cluster, |sheet| sheet.count(Section::Cluster)),
        ("series", quotas.series, Section::Route, Sheet::series),
    ];
    for (what, limit, section, count) in rows {
        loop {
            let of = |sheet: Option<&Sheet>| sheet.map_or(0, count);
            let total: usize = changes.values().map(|change| of(change.new)).sum();
            let grown = |(_, change): &(&&DocumentName, &Change<'_>)| of(change.new) > of(change.good);
            let last = changes.iter().rev().find(grown).map(|(name, change)| (*name, change.new));
            let Some((name, Some(sheet))) = last.filter(|_| total > limit as usize) else { break };
            let content = sheet.cut.content();
            let part = content.parts().iter().rev().find(|part| part.name().section() == section);
            let found = format!("the namespace would have {total} {what}, and its quota is {limit}");
            let help = format!("take some away first, or raise `quotas: {{{what}: {limit}}}`");
            let faults = content.fault(part.map(|part| part.name()) as Option<&PartName>, &found, &help);
            put_back(changes, refused, name, faults);
        }
    }
}

fn put_back<'a>(
    changes: &mut Changes<'a>,
    refused: &mut Refused<'a>,
    name: &'a DocumentName,
    faults: Faults,
) {
    if let Some(change) = changes.get_mut(name) {
        change.new = change.good;
    }
    refused.insert(name, Outcome::Rejected(faults));
}
