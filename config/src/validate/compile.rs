//! The way from a text to a [`Config`].

use std::sync::Arc;

use super::cluster::Clusters;
use super::listener::Listeners;
use super::policy::Inherited;
use super::{cluster, listener, ports, process, route};
use crate::document::{DefaultsDoc, TableDoc};
use crate::fault::{Fault, Faults, Findings};
use crate::language::{Fields, Language, Reader};
use crate::model::{Config, Endpoint, Protocol};
use crate::order;
use crate::source::{At, Environment, Source, Span, parse};

/// A route table that can be used, and what is odd about it.
#[derive(Debug, Clone)]
pub struct Compiled {
    config: Config,
    warnings: Faults,
}

impl Compiled {
    /// What the table means.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What its writer should look at.
    #[must_use]
    pub fn warnings(&self) -> &Faults {
        &self.warnings
    }

    /// What the table means, without the warnings.
    #[must_use]
    pub fn into_config(self) -> Config {
        self.config
    }
}

/// Understands a route table. `environment` gives the values of `${…}`.
///
/// # Errors
/// Everything that is wrong with the document, warnings included, in the order of its lines.
pub fn compile(source: &Source, environment: &dyn Fn(&str) -> Option<String>) -> Result<Compiled, Faults> {
    finished(source, |findings| understood(source, Some(environment), findings))
}

/// As [`compile`], for a table that was put together from parts of a fleet: variables are not replaced in it.
pub(crate) fn compile_fleet(source: &Source) -> Result<Compiled, Faults> {
    finished(source, |findings| understood(source, None, findings))
}

/// Understands the `endpoints` of one cluster, which stand alone in this text: JSON on one line. `line` is where they
/// stand in the table.
///
/// # Errors
/// Everything that is wrong with them.
pub fn endpoints(text: &str, line: u32) -> Result<Vec<Endpoint>, Faults> {
    let source = Source::new("endpoints", text);
    let mut findings = Findings::default();
    let written =
        parse(&source, &mut findings).and_then(|tree| At::read(&tree, &mut Reader::new(None, &mut findings)));
    let read = written.map(|written| cluster::list(&written, &mut findings));
    match read {
        Some(list) if !findings.fatal() => {
            Ok(list.into_iter().map(|(endpoint, _)| endpoint.on_line(line)).collect())
        }
        _ => Err(findings.into_faults(&source)),
    }
}

fn finished(
    source: &Source,
    understand: impl FnOnce(&mut Findings) -> Option<Config>,
) -> Result<Compiled, Faults> {
    let mut findings = Findings::default();
    let config = understand(&mut findings);
    let fatal = findings.fatal();
    let faults = findings.into_faults(source);
    match config {
        Some(config) if !fatal => Ok(Compiled { config, warnings: faults }),
        _ => Err(faults),
    }
}

fn understood(source: &Source, environment: Environment<'_>, findings: &mut Findings) -> Option<Config> {
    let tree = parse(source, findings)?;
    let table = TableDoc::read(&tree, &mut Reader::new(environment, findings))?;
    Some(config(table, tree.span, findings))
}

fn config(table: TableDoc, span: Span, findings: &mut Findings) -> Config {
    process::check_alone(&table, findings);
    let defaults = table.defaults.map(|defaults| defaults.value);
    let DefaultsDoc { cluster, policy, .. } = defaults.unwrap_or_else(DefaultsDoc::nothing);
    let inherited = Inherited::built_in().under(&policy);
    let process = process::process(table.proxy.as_ref().map(|proxy| &proxy.value), findings);
    let control = table.proxy.as_ref().and_then(|proxy| process::control(proxy.value.control.as_ref()));
    let listeners =
        Listeners::new(table.listeners.map(|section| section.value).unwrap_or_default(), findings);
    let mut clusters = Clusters::new(
        table.clusters.map(|section| section.value).unwrap_or_default(),
        &process.namespace,
        &cluster,
        &inherited,
        findings,
    );
    ports::check(&listeners, &clusters, table.proxy.as_ref().map(|proxy| &proxy.value), findings);
    if clusters.have_names() {
        process::check(table.proxy.as_ref().map(|proxy| &proxy.value), findings);
    }
    let routes = table.routes.map(|section| section.value).unwrap_or_default();
    let scope = route::Scope { namespace: &process.namespace, listeners: &listeners, defaults: &inherited };
    let (routes, spans) = route::routes(routes, &scope, &mut clusters, findings);
    let order = order::order(&routes, Protocol::Http);
    let connection_order = order::order(&routes, Protocol::Tcp);
    // these look at what is not there; where something was not understood they would only echo its fault
    if !findings.fatal() && control.is_none() {
        for (section, empty) in [("listeners", listeners.list.is_empty()), ("routes", routes.is_empty())] {
            if empty {
                let fault = Fault::warning(span, format!("there are no `{section}`"));
                findings.push(fault.help("nothing is served without"));
            }
        }
        clusters.warn_of_unused(findings);
        route::warn_of_dead_ends(&listeners, &routes, findings);
        order::shadowed(&routes, &order, &spans, findings);
        order::shadowed(&routes, &connection_order, &spans, findings);
    }
    Config {
        process: Arc::new(process),
        control: control.map(Arc::new),
        listeners: listener::listeners(listeners).into(),
        routes: routes.into(),
        order: order.into(),
        connection_order: connection_order.into(),
        clusters: clusters.into_model(),
    }
}
