//! What the API asks, answered by the rooms that know it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_stream::StreamExt;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;
use towpath_config::model::Place;
use towpath_config::parts::Outcome;
use towpath_config::{Fault, Faults, Severity, diff};

use crate::api::seam::{
    self, Change, Control, Durations, Events, Finding, Judged, LocalReplies, ObjectStatus, Pending,
    ProxyStatus, Question, StageStatus, Traffic, TrafficCluster, TrafficQuestion, TrafficSeries, WriteFault,
    Wrote,
};
use crate::documents::{DocumentName, Documents};
use crate::mesh::{State, Verdict};
use crate::push::{self, Fleet, Withheld};
use crate::source;
use crate::store::StoreFault;
use crate::telemetry::{CountKey, Key, Query, Tally};
use crate::truth::{self, Live, Proposal, Refused, Truth};

mod fleet;
mod happening;

/// What is so now, what is withheld of it, and what was said of both.
type Told = (Arc<Live>, Arc<Withheld>, Arc<seam::Truth>);

/// The rooms behind the API.
pub(super) struct Answers {
    truth: Truth,
    fleet: Fleet,
    last: Mutex<Option<Told>>,
}

impl Answers {
    pub(super) fn new(truth: Truth, fleet: Fleet) -> Self {
        Self { truth, fleet, last: Mutex::default() }
    }

    fn told(&self, live: &Arc<Live>) -> Arc<seam::Truth> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let withheld = self.fleet.withheld();
        if let Some((known, known_withheld, told)) = last.as_ref()
            && Arc::ptr_eq(known, live)
            && Arc::ptr_eq(known_withheld, &withheld)
        {
            return Arc::clone(told);
        }
        let mut findings = findings(live.state());
        findings.extend(live.troubles().iter().map(trouble));
        findings.extend(withheld.reasons().map(taken_back));
        let told = Arc::new(seam::Truth {
            revision: live.revision(),
            documents: live.documents().clone(),
            findings,
        });
        *last = Some((Arc::clone(live), withheld, Arc::clone(&told)));
        told
    }
}

/// Everything that is wrong with any document.
fn findings(state: &State) -> Vec<Finding> {
    state.verdicts().into_iter().flat_map(|(name, verdict)| of_document(name, &verdict)).collect()
}

fn of_document(name: &DocumentName, verdict: &Verdict) -> Vec<Finding> {
    let standing = match &verdict.outcome {
        Outcome::Live => seam::Standing::Accepted,
        Outcome::Rejected(_) => seam::Standing::Rejected,
        Outcome::Waiting(_) => seam::Standing::Waiting,
        Outcome::Held(_) => seam::Standing::Held,
    };
    let own = verdict.outcome.faults().into_iter().flat_map(Faults::iter).map(move |fault| (standing, fault));
    let withdrawn =
        verdict.withdrawn.iter().flat_map(Faults::iter).map(|fault| (seam::Standing::Accepted, fault));
    own.chain(withdrawn).map(|(standing, fault)| finding(name, standing, fault)).collect()
}

fn finding(name: &DocumentName, standing: seam::Standing, fault: &Fault) -> Finding {
    let (line, column) = match fault.place() {
        Place::At { line, column } => (line, column),
        Place::BuiltIn => (0, 0),
    };
    let standing = match fault.severity() {
        Severity::Error => standing,
        Severity::Warning => seam::Standing::Accepted,
    };
    let help = fault.suggestion().map(str::to_owned);
    Finding { file: name.to_string(), line, column, standing, message: fault.message().to_owned(), help }
}

fn trouble(trouble: &source::Trouble) -> Finding {
    Finding {
        file: if trouble.place.is_empty() { "the source".to_owned() } else { trouble.place.clone() },
        line: 0,
        column: 0,
        standing: seam::Standing::Rejected,
        message: trouble.reason.clone(),
        help: None,
    }
}

fn taken_back((name, reason): (&DocumentName, &str)) -> Finding {
    Finding {
        file: name.to_string(),
        line: 0,
        column: 0,
        standing: seam::Standing::Rejected,
        message: format!("staged push took it back: {reason}"),
        help: Some("change it; until then proxies keep what it said before".to_owned()),
    }
}

/// What changes in meaning, by namespace.
fn changes(before: &State, after: &State) -> Vec<(String, towpath_config::Change)> {
    let empty = Arc::default();
    let names: std::collections::BTreeSet<_> =
        before.namespaces().chain(after.namespaces()).map(|(name, _)| name).collect();
    let of = |name: &Arc<str>| {
        let [old, new] = [before, after].map(|state| state.namespace(name).unwrap_or(&empty));
        if Arc::ptr_eq(old, new) {
            return Vec::new();
        }
        let tables = old.table(name).zip(new.table(name));
        let changes = tables.map(|(old, new)| diff(&old, &new)).unwrap_or_default();
        changes.into_iter().map(|change| (name.to_string(), change)).collect()
    };
    names.into_iter().flat_map(of).collect()
}

fn refused(refused: &Refused) -> WriteFault {
    let reason = refused.to_string();
    match refused {
        Refused::Conflict { current } => WriteFault::Conflict { current: *current },
        Refused::Busy => WriteFault::Busy,
        Refused::Source(source::WriteFault::ReadOnly(_)) => WriteFault::ReadOnly { reason },
        Refused::Source(source::WriteFault::Full(_)) | Refused::Store(StoreFault::Full { .. }) => {
            WriteFault::Full { reason }
        }
        Refused::Source(source::WriteFault::TooLarge(_)) => WriteFault::TooLarge { reason },
        Refused::Source(source::WriteFault::Unreadable(_)) => WriteFault::Unreadable { reason },
        Refused::Source(_) | Refused::Store(_) | Refused::Ended => WriteFault::Failed { reason },
    }
}

impl Control for Answers {
    fn truth(&self) -> Arc<seam::Truth> {
        self.told(&self.truth.live())
    }

    fn judge(&self, documents: Documents, compare: bool) -> Pending<'_, Result<Judged, WriteFault>> {
        Box::pin(async move {
            let before = self.truth.live();
            let after = self.truth.consider(documents).await.map_err(|fault| refused(&fault))?;
            let judged = tokio::task::spawn_blocking(move || {
                let changes = if compare { changes(before.state(), &after) } else { Vec::new() };
                Judged { findings: findings(&after), changes }
            });
            judged.await.map_err(|fault| WriteFault::Failed { reason: fault.to_string() })
        })
    }

    fn write(&self, change: Change) -> Pending<'_, Result<Wrote, WriteFault>> {
        Box::pin(async move {
            let Change { written, expected, signature } = change;
            let before = self.truth.live().revision();
            let live = self
                .truth
                .write(Proposal { written, expected, signature })
                .await
                .map_err(|fault| refused(&fault))?;
            Ok(Wrote { revision: live.revision(), is_new: live.revision() > before })
        })
    }

    fn proxies(&self) -> Vec<ProxyStatus> {
        self.fleet.proxies().iter().map(fleet::proxy).collect()
    }

    fn objects(&self) -> Vec<ObjectStatus> {
        self.fleet.objects().iter().map(fleet::object).collect()
    }

    fn stage(&self) -> Option<StageStatus> {
        self.fleet.staged().map(|stage| fleet::stage(&stage))
    }

    fn settled<'a>(&'a self, question: Question<'a>) -> Pending<'a, Result<(), String>> {
        let Question { revision, since, counts } = question;
        Box::pin(self.fleet.settled(push::Question { revision, since, counts }))
    }

    fn events(&self) -> Events {
        let events = BroadcastStream::new(self.fleet.events());
        Box::pin(events.map(|event| match event {
            Ok(event) => Ok(happening::told(&event)),
            Err(BroadcastStreamRecvError::Lagged(missed)) => Err(missed),
        }))
    }

    fn traffic(&self, question: &TrafficQuestion) -> Traffic {
        let TrafficQuestion { window, namespace, route, cluster } = question.clone();
        let query = Query { namespace, route, cluster, window: window.as_secs() };
        let telemetry = self.fleet.telemetry();
        let (_, left_out, proxies) = telemetry.sizes();
        let seconds = telemetry.age().min(window).as_secs_f64();
        let series = telemetry.sums(&query).into_iter().map(series).collect();
        let mut traffic = Traffic { seconds, proxies, series, left_out, ..Traffic::default() };
        for (CountKey { namespace, cluster }, counts) in telemetry.counts(&query) {
            let counts = counts.into_iter().collect();
            match cluster {
                Some(cluster) => traffic.clusters.push(TrafficCluster { namespace, cluster, counts }),
                None => traffic.local_replies.push(LocalReplies { namespace, reasons: counts }),
            }
        }
        traffic
    }

    fn ready(&self) -> Result<(), String> {
        Ok(())
    }

    fn exposition(&self) -> String {
        let fleet = push::GAUGES.into_iter().zip(self.fleet.gauges());
        let truth = truth::GAUGES.into_iter().zip(self.truth.live().gauges());
        self.fleet.meters().text(fleet.chain(truth))
    }
}

fn series((key, tally): (Key, Tally)) -> TrafficSeries {
    let milliseconds = |share| tally.latency()?.quantile(share).map(|time| time.as_secs_f64() * 1000.0);
    TrafficSeries {
        requests: tally.requests(),
        errors: tally.failures,
        request_bytes: tally.request_bytes,
        response_bytes: tally.response_bytes,
        connections: tally.connections,
        connections_failed: tally.connections_failed,
        durations: Durations {
            p50_ms: milliseconds(0.5),
            p90_ms: milliseconds(0.9),
            p99_ms: milliseconds(0.99),
        },
        namespace: key.namespace,
        route: key.route,
        cluster: key.cluster,
        subset: key.subset,
        class: key.class,
    }
}
