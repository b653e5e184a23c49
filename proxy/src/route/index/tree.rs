//! Path patterns as a tree of segments: one step of a path is one step in the tree.

use hashbrown::HashMap;
use towpath_config::model::{PathPattern, Segment};

use crate::route::index::run::{Found, Runs};

/// All patterns that begin with the same segments. Its depth is that of the longest pattern, whatever a path holds.
#[derive(Debug, Default)]
pub(crate) struct Branch {
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

    /// Notes every pattern that accepts the path of which `rest` is still to go: `None` at its end, and otherwise
    /// what follows a slash.
    pub(crate) fn gather(&self, rest: Option<&str>, found: &mut Found) {
        found.extend(&self.below);
        let Some(rest) = rest else {
            found.extend(&self.here);
            return;
        };
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
}
