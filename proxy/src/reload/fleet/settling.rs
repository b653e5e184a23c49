//! From resources to what workers run.

use std::sync::Arc;

use tokio::task::spawn_blocking;
use towpath_config::model::Config;
use towpath_config::parts::{Base, Outcome};
use towpath_config::{Severity, endpoints, parts};

use super::table::{Table, Units, line};
use crate::observe::series::SeriesBook;
use crate::observe::stats::Counter;
use crate::reload::{GoLive, Halt};
use crate::shared::Shared;
use crate::snapshot::Snapshot;

/// What the table that is put together is called where faults point into it.
const NAME: &str = "fleet";

/// Tries, each without the listeners whose addresses the try before could not have.
const TRIES: usize = 3;

/// What went live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settled {
    /// Nothing.
    Nothing,
    /// Endpoints of clusters, and nothing else has changed.
    Endpoints,
    /// A table.
    Table,
}

/// What fits together of a table that was live before.
///
/// # Errors
/// It means nothing any more; why, as text for people.
pub(super) fn compile(table: &mut Table, base: &Base) -> Result<Config, String> {
    let units = table.units();
    let settled = parts::settle(NAME, base, &units.units).map_err(|faults| line(&faults))?;
    let (compiled, _, outcomes) = settled.into_parts();
    table.judged(&units.names, &outcomes);
    table.live();
    Ok(compiled.into_config())
}

/// Settles the table. Where it is `whole`, what fits together goes live in one swap.
pub(super) async fn settle(
    table: &mut Table,
    base: &Base,
    shared: &Shared,
    go_live: &mut GoLive<'_>,
    whole: bool,
) -> Settled {
    if whole && let Some(next) = cheaply(table, shared) {
        shared.replace(Arc::new(next));
        table.live();
        return Settled::Endpoints;
    }
    if whole {
        table.retry_refused();
    }
    for _ in 0..TRIES {
        let units = table.units();
        let (old, series, base) = (shared.snapshot(), Arc::clone(shared.series()), base.clone());
        let names = units.names.clone();
        let drafted = spawn_blocking(move || draft(&base, &units, &old, &series)).await;
        let (snapshot, outcomes) = match drafted.unwrap_or_else(|bug| Err(bug.to_string())) {
            Ok(draft) => draft,
            Err(fault) => {
                tracing::error!(fault, "the resources make no table, what is live stays");
                return Settled::Nothing;
            }
        };
        table.judged(&names, &outcomes);
        if !whole {
            return Settled::Nothing;
        }
        match publish(*snapshot, shared, go_live) {
            Ok(()) => {
                table.live();
                return Settled::Table;
            }
            Err(halt) => {
                let Halt::Sockets(unbound) = halt else { return Settled::Nothing };
                unbound.iter().for_each(|one| table.refuse(&one.listener, &one.fault));
            }
        }
    }
    Settled::Nothing
}

/// The live snapshot with other endpoints, where nothing else has changed.
fn cheaply(table: &Table, shared: &Shared) -> Option<Snapshot> {
    let changed = table.endpoints_only()?;
    // where they stand on the page is not known any more
    let read = changed.iter().map(|(part, text)| Some((part.name(), endpoints(text, 1).ok()?)));
    shared.snapshot().with_endpoints(read.collect::<Option<Vec<_>>>()?)
}

type Draft = (Box<Snapshot>, Vec<Outcome>);

fn draft(base: &Base, units: &Units, old: &Snapshot, series: &SeriesBook) -> Result<Draft, String> {
    let settled = parts::settle(NAME, base, &units.units).map_err(|faults| line(&faults))?;
    let (compiled, _, outcomes) = settled.into_parts();
    for warning in compiled.warnings().iter().filter(|fault| fault.severity() == Severity::Warning) {
        tracing::debug!(place = %warning.place(), "{}", warning.message());
    }
    Ok((Box::new(Snapshot::next(Some(old), compiled.into_config(), series)), outcomes))
}

/// Sockets first, then the table, in one swap.
fn publish(mut snapshot: Snapshot, shared: &Shared, go_live: &mut GoLive<'_>) -> Result<(), Halt> {
    snapshot.catch_up(&shared.snapshot());
    let new = Arc::new(snapshot);
    match go_live(new.config(), &mut || shared.publish(Arc::clone(&new))) {
        Err(halt @ Halt::Sockets(_)) => return Err(halt),
        Err(halt) => tracing::error!(fault = %halt, "the route table is live, but not all of it"),
        Ok(()) => {}
    }
    let generation = new.generation();
    if generation > 1 {
        shared.stats().control().add(Counter::Reloads, 1);
    }
    tracing::info!(generation, "the route table is live");
    Ok(())
}
