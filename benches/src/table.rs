//! Route tables, compiled, and requests for them.

use towpath_config::model::{Action, Config, ListenerId, Split};
use towpath_config::{Source, compile};
use towpath_proxy::route::index::{Index, Match};
use towpath_proxy::route::{Miss, RequestView};

use crate::layout::Layout;
use crate::pattern::Pattern;
use crate::request::Request;

/// So many requests are asked in turn: more than a branch predictor learns by heart, fewer than take long to make.
const REQUESTS_MAX: usize = 1_000;

/// Far from every divisor of a table's size: neighbours in turn are no neighbours in the table.
const STRIDE: usize = 7_919;

/// The config of a text.
///
/// # Panics
/// When the text has faults.
#[must_use]
#[allow(clippy::panic, reason = "the texts are this crate's own")]
pub fn config(text: &str) -> Config {
    match compile(&Source::new("benchmark.yaml", text), &|_| None) {
        Ok(compiled) => compiled.into_config(),
        Err(faults) => panic!("{faults}"),
    }
}

/// The split of the first route, if it has one.
#[must_use]
pub fn split(config: &Config) -> Option<&Split> {
    config.routes().first().and_then(|route| match route.action() {
        Action::Forward(forward) => Some(forward.split()),
        Action::Redirect(_) | Action::Respond(_) => None,
    })
}

/// A request of this user for the first listener.
///
/// # Panics
/// When there is no listener.
#[must_use]
#[allow(clippy::expect_used, reason = "the texts are this crate's own")]
pub fn request(config: &Config, host: String, path: String, user: &str) -> Request {
    let listener: ListenerId = config.listener_ids().next().expect("every layout has a listener");
    Request::new(listener, host, path, user)
}

/// A table with its index.
#[derive(Debug)]
pub struct Table {
    layout: Layout,
    config: Config,
    index: Index,
}

impl Table {
    /// The table of so many routes.
    #[must_use]
    pub fn new(layout: Layout, routes: usize) -> Self {
        let config = config(&layout.text(routes));
        Self { layout, index: Index::new(&config), config }
    }

    /// What the text means.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The route of a request, as live traffic finds it.
    ///
    /// # Errors
    /// As [`Index::find`].
    pub fn find(&self, view: &RequestView<'_>) -> Result<Match, Miss> {
        self.index.find(&self.config, view)
    }

    /// The numbers of the routes with this pattern, of up to 1,000 of them, scattered.
    pub fn numbers(&self, pattern: Pattern) -> impl Iterator<Item = usize> {
        let routes = self.config.routes().len();
        let scattered = (0..routes).map(move |turn| turn * STRIDE % routes);
        scattered.filter(move |number| self.layout.pattern(*number) == pattern).take(REQUESTS_MAX)
    }

    /// The number of the route that is tried last.
    #[must_use]
    pub fn last(&self) -> usize {
        self.config.order().last().map_or(0, |candidate| candidate.route().index())
    }

    /// A request that the route of this number takes.
    #[must_use]
    pub fn asking(&self, number: usize) -> Request {
        self.request(self.layout.host(number), self.layout.pattern(number).asked(number))
    }

    /// A request for the host of this route and a path of none.
    #[must_use]
    pub fn asking_no_path(&self, number: usize) -> Request {
        self.request(self.layout.host(number), format!("/api/v1/nothing-{number}/parts/7"))
    }

    /// A request for a host of none and the path of this route.
    #[must_use]
    pub fn asking_no_host(&self, number: usize) -> Request {
        self.request(format!("nobody-{number}.example.com"), self.layout.pattern(number).asked(number))
    }

    fn request(&self, host: String, path: String) -> Request {
        request(&self.config, host, path, "ada")
    }
}
