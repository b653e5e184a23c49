//! All regex paths of one host as one expression: a path is read once, however many there are.

use regex_automata::meta::{self, Regex};
use regex_automata::{Input, MatchKind, PatternSet};
use towpath_config::model::Pattern;

use crate::route::index::run::{Found, Runs};

#[cfg(test)]
mod tests;

/// What all expressions of one host may take together, compiled.
const UNION_BYTES_MAX: usize = 2 << 20;

/// Different expressions, each with its candidates.
#[derive(Debug, Default)]
pub(crate) struct Expressions {
    each: Vec<(Pattern, Runs)>,
    /// What a path begins with that any of them matches.
    lead: Box<str>,
    /// All of them at once. `None` below two, or when together they are too large; then each is asked.
    union: Option<Regex>,
}

impl Expressions {
    /// Where the candidates of this expression stand. Equal ones come one after the other.
    pub(crate) fn runs(&mut self, pattern: &Pattern) -> Option<&mut Runs> {
        if self.each.last().is_none_or(|(last, _)| last != pattern) {
            self.each.push((pattern.clone(), Runs::default()));
        }
        self.each.last_mut().map(|(_, runs)| runs)
    }

    /// Makes one of all, once all are there.
    pub(crate) fn unite(&mut self) {
        let leads = self.each.iter().map(|(pattern, _)| pattern.lead());
        self.lead = leads.reduce(same_start).unwrap_or_default().into();
        if self.each.len() > 1 {
            let sources: Vec<_> = self.each.iter().map(|(pattern, _)| pattern.source()).collect();
            let config = meta::Config::new().match_kind(MatchKind::All).nfa_size_limit(Some(UNION_BYTES_MAX));
            self.union = Regex::builder().configure(config).build_many(&sources).ok();
        }
    }

    /// Notes every expression that matches the path.
    pub(crate) fn gather(&self, path: &str, found: &mut Found) {
        if !path.starts_with(&*self.lead) {
            return;
        }
        let Some(union) = &self.union else {
            let matching = self.each.iter().filter(|(pattern, _)| pattern.is_match(path.as_bytes()));
            return matching.for_each(|(_, runs)| found.extend(runs));
        };
        let mut matching = PatternSet::new(self.each.len());
        union.which_overlapping_matches(&Input::new(path), &mut matching);
        for (_, runs) in matching.iter().filter_map(|id| self.each.get(id.as_usize())) {
            found.extend(runs);
        }
    }
}

/// What both begin with.
fn same_start<'a>(one: &'a str, other: &str) -> &'a str {
    let same = one.char_indices().zip(other.chars()).find(|((_, left), right)| left != right);
    let end = same.map_or(one.len().min(other.len()), |((at, _), _)| at);
    one.get(..end).unwrap_or_default()
}
