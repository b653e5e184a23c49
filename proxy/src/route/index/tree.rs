//! Path patterns as a tree of segments: one step of a path is one step in the tree.

use hashbrown::HashMap;
use towpath_config::model::{PathPattern, Segment};

use crate::route::index::run::{Found, Runs};

/// All patterns that begin with the same segments. Its depth is that of the longest pattern, whatever a path holds.
#[derive(Debug, Default)]
pub(crate) struct Branch {
    /// Segments that all of these patterns have before anything else.
    stem: Option<Box<str>>,
    literals: HashMap<Box<str>, Branch>,
    parameter: Option<Box<Branch>>,
    /// Patterns that end here.
    here: Runs,
    /// Patterns that end here and accept anything below.
    below: Runs,
}

impl Branch {
    /// Where the candidates of this pattern stand; a regex stands in no tree.
    pub(crate) fn runs(&mut self, pattern: &PathPattern) -> Option<&mut Runs> {
        match pattern {
            PathPattern::Exact(path) => Some(&mut self.along(path).here),
            PathPattern::Prefix(path) => Some(&mut self.along(path).below),
            PathPattern::Template { segments, rest } => {
                let branch = segments.iter().fold(self, |branch, segment| match segment {
                    Segment::Literal(text) => branch.literals.entry(text.as_str().into()).or_default(),
                    Segment::Parameter(_) => branch.parameter.get_or_insert_default(),
                });
                Some(if *rest { &mut branch.below } else { &mut branch.here })
            }
            PathPattern::Regex(_) => None,
        }
    }

    fn along(&mut self, path: &str) -> &mut Self {
        let segments = path.strip_prefix('/').into_iter().flat_map(|path| path.split('/'));
        segments.fold(self, |branch, segment| branch.literals.entry(segment.into()).or_default())
    }

    /// Makes one step of those that have no alternative, once all patterns are there.
    pub(crate) fn shorten(&mut self) {
        self.literals.values_mut().chain(self.parameter.as_deref_mut()).for_each(Self::shorten);
        let is_sole = self.literals.len() == 1
            && self.parameter.is_none()
            && self.here.is_empty()
            && self.below.is_empty();
        let sole = if is_sole { self.literals.drain().next() } else { None };
        if let Some((segment, branch)) = sole {
            let stem = branch.stem.map_or(segment.clone(), |stem| format!("{segment}/{stem}").into());
            *self = Self { stem: Some(stem), ..branch };
        }
    }

    /// Notes every pattern that accepts the path of which `rest` is still to go: `None` at its end, and otherwise
    /// what follows a slash.
    pub(crate) fn gather(&self, rest: Option<&str>, found: &mut Found) {
        let Some(rest) = self.past_stem(rest) else { return };
        found.extend(&self.below);
        let Some(rest) = rest else {
            found.extend(&self.here);
            return;
        };
        if self.literals.is_empty() && self.parameter.is_none() {
            return;
        }
        let (segment, rest) = match rest.split_once('/') {
            Some((segment, rest)) => (segment, Some(rest)),
            None => (rest, None),
        };
        if let Some(branch) = self.literals.get(segment) {
            branch.gather(rest, found);
        }
        if let Some(branch) = self.parameter.as_deref().filter(|_| !segment.is_empty()) {
            branch.gather(rest, found);
        }
    }

    /// What of the path is to go behind the stem; nothing when the path has another.
    fn past_stem<'a>(&self, rest: Option<&'a str>) -> Option<Option<&'a str>> {
        let Some(stem) = self.stem.as_deref() else { return Some(rest) };
        match rest?.strip_prefix(stem)? {
            "" => Some(None),
            rest => rest.strip_prefix('/').map(Some),
        }
    }
}
