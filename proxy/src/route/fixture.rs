//! Configs and requests for the tests of this room.

use std::net::IpAddr;

use towpath_config::model::{Config, Split};
use towpath_config::{Source, compile};

use crate::codec::fields::Fields;
use crate::route::view::RequestView;
use crate::sys::stream::Origin;

pub(crate) mod random;

/// A table with two listeners and one cluster around these routes.
pub(crate) fn routes(routes: &str) -> Config {
    let indented: String = routes.trim_matches('\n').lines().map(|line| format!("  {line}\n")).collect();
    config(&format!(
        "listeners: {{edge: {{address: 127.0.0.1:8081}}, web: {{address: 127.0.0.1:8080}}}}\n\
         routes:\n{indented}\
         clusters: {{app: {{endpoints: [127.0.0.1:3000]}}}}\n"
    ))
}

pub(crate) fn config(text: &str) -> Config {
    match compile(&Source::new("test.yaml", text), &|_| None) {
        Ok(compiled) => compiled.into_config(),
        Err(faults) => panic!("{faults}"),
    }
}

/// The split of the route of this name.
pub(crate) fn split<'a>(config: &'a Config, route: &str) -> &'a Split {
    let route = config.routes().iter().find(|found| found.name() == route).unwrap();
    match route.action() {
        towpath_config::model::Action::Forward(forward) => forward.split(),
        action => panic!("{action:?} does not forward"),
    }
}

/// A request that owns what its view shows.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    listener: usize,
    method: String,
    host: String,
    path: String,
    query: Option<String>,
    fields: Fields,
    source: Origin,
}

impl Request {
    /// `GET shop.example.com/path?query`, with more fields of the form `name: value` in the lines behind. It comes
    /// from 192.0.2.1 by the last listener.
    pub(crate) fn new(text: &str) -> Self {
        let mut lines = text.lines();
        let (method, url) = lines.next().unwrap().split_once(' ').unwrap();
        let (url, query) =
            url.split_once('?').map_or((url, None), |(url, query)| (url, Some(query.to_owned())));
        let (host, path) = url.split_at(url.find('/').unwrap_or(url.len()));
        let range = |part: &str| {
            let start = part.as_ptr().addr() - text.as_ptr().addr();
            start..start + part.len()
        };
        let mut fields = Fields::default();
        fields.take_bytes(text.as_bytes());
        for line in lines {
            let (name, value) = line.split_once(':').unwrap();
            fields.mark(range(name), range(value.trim()));
        }
        Self {
            listener: usize::MAX,
            method: method.to_owned(),
            host: host.to_owned(),
            path: path.to_owned(),
            query,
            fields,
            source: Origin::Ip([192, 0, 2, 1].into()),
        }
    }

    pub(crate) fn from(self, source: &str) -> Self {
        let source = match source {
            "unix" => Origin::Unix,
            ip => ip.parse::<IpAddr>().unwrap().into(),
        };
        Self { source, ..self }
    }

    pub(crate) fn on(self, listener: usize) -> Self {
        Self { listener, ..self }
    }

    pub(crate) fn view<'a>(&'a self, config: &Config) -> RequestView<'a> {
        let last = config.listeners().len() - 1;
        RequestView {
            listener: config.listener_ids().nth(self.listener.min(last)).unwrap(),
            host: &self.host,
            method: &self.method,
            path: &self.path,
            query: self.query.as_deref(),
            fields: &self.fields,
            source: self.source,
        }
    }
}
