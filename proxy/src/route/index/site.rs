//! The candidates of one host.

use towpath_config::model::{Config, ListenerId, PathPattern};

use crate::route::candidate::Resolved;
use crate::route::index::Match;
use crate::route::index::entry::Entry;
use crate::route::index::expressions::Expressions;
use crate::route::index::run::{Found, Runs};
use crate::route::index::tree::Branch;
use crate::route::miss::Miss;
use crate::route::view::RequestView;

/// The candidates of one host, by path.
#[derive(Debug, Default)]
pub(crate) struct Site {
    tree: Branch,
    expressions: Expressions,
    pathless: Runs,
    /// The listeners on which any of them answers; all when `None`.
    listeners: Option<Vec<ListenerId>>,
}

impl Site {
    /// The site of the candidates at these positions of the computed order, ascending.
    pub(crate) fn new(config: &Config, positions: &[u32]) -> Self {
        let mut site = Self { listeners: Some(Vec::new()), ..Self::default() };
        for &position in positions {
            let candidate = config.order().get(position as usize);
            if let Some(candidate) = candidate.and_then(|candidate| Resolved::of(config, candidate)) {
                site.admit(candidate.route.listeners().as_deref());
                if let Some(runs) = site.runs(candidate.condition.path().as_deref()) {
                    runs.push(position);
                }
            }
        }
        site.tree.shorten();
        site.expressions.unite();
        if let Some(listeners) = &mut site.listeners {
            listeners.sort_unstable();
            listeners.dedup();
        }
        site
    }

    fn admit(&mut self, listeners: Option<&[ListenerId]>) {
        match (&mut self.listeners, listeners) {
            (Some(known), Some(more)) => known.extend(more),
            (all, None) => *all = None,
            (None, Some(_)) => {}
        }
    }

    fn runs(&mut self, path: Option<&PathPattern>) -> Option<&mut Runs> {
        match path {
            None => Some(&mut self.pathless),
            Some(PathPattern::Regex(pattern)) => self.expressions.runs(pattern),
            Some(pattern) => self.tree.runs(pattern),
        }
    }

    /// The first candidate of which all holds, or the furthest stage that any reached.
    pub(crate) fn find(
        &self,
        entries: &[Entry],
        config: &Config,
        view: &RequestView<'_>,
    ) -> Result<Match, Miss> {
        let mut found = Found::default();
        self.tree.gather(view.path.strip_prefix('/'), &mut found);
        self.expressions.gather(view.path, &mut found);
        found.extend(&self.pathless);

        let mut furthest = Miss::NoListener;
        for entry in found.positions().filter_map(|positions| entries.get(positions)).flatten() {
            match entry.judge(config, view) {
                Ok(found) => return Ok(found),
                Err(failure) => furthest = furthest.max(failure.into()),
            }
        }
        let answers = self.listeners.as_ref().is_none_or(|listeners| listeners.contains(&view.listener));
        Err(if answers { furthest.max(Miss::NoPath) } else { furthest })
    }
}
