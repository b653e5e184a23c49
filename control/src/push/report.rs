//! One stream of reports: what a proxy counts and how it stands.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tonic::{Status, Streaming};
use towpath_wire::telemetry::{Count, Directive, Named, Telemetry as Report};

use super::fleet::Fleet;
use super::member::name_of;
use super::stream::ended;
use crate::meters::Counter;

/// So long a proxy may be silent.
const SILENCE_MAX: Duration = Duration::from_secs(120);

/// Octets of a name, and of what is said of one.
const TEXT_BYTES_MAX: usize = 512;

/// Names in a list: of rejections, of what waits, of what is counted.
const NAMES_MAX: usize = 100;

/// So many reports a second are read of all proxies together, about: more proxies report less often.
const REPORTS_PER_SECOND: usize = 2000;

/// What a stream of reports is answered with.
pub type Wishes = mpsc::Sender<Result<Directive, Status>>;

/// Takes reports in until the stream ends.
pub async fn serve(
    fleet: Fleet,
    mut ending: watch::Receiver<bool>,
    mut reports: Streaming<Report>,
    wishes: Wishes,
) {
    let mut reporter = None;
    let mut interval = 1;
    loop {
        let report = tokio::select! {
            report = timeout(SILENCE_MAX, reports.message()) => report,
            () = ended(&mut ending) => return,
            () = wishes.closed() => return,
        };
        let Ok(Ok(Some(mut report))) = report else { return };
        fleet.meters().add(Counter::Reports, 1);
        if cut(&mut report) {
            fleet.meters().add(Counter::ReportsCut, 1);
        }
        let (_, _, proxies) = fleet.telemetry().sizes();
        let reporter = match &mut reporter {
            Some(reporter) => reporter,
            None => {
                // a second stream takes the place of the first; more than there may be streams are not listened to
                if report.id.is_empty() || proxies > fleet.limits().streams {
                    let _ = wishes.try_send(Err(Status::resource_exhausted("too many proxies report")));
                    return;
                }
                let namespace = if report.namespace.is_empty() { "default" } else { &report.namespace };
                let name: Arc<str> = name_of(namespace, &report.id);
                reporter.insert(fleet.telemetry().reporter(namespace, name))
            }
        };
        reporter.report(report);
        let wanted = proxies.div_ceil(REPORTS_PER_SECOND).max(1) as u32;
        // where the wish before was not read yet, the next one will do
        if wanted != interval && wishes.try_send(Ok(Directive { interval_millis: wanted * 1000 })).is_ok() {
            interval = wanted;
        }
    }
}

/// Takes out what is too long to be kept. Whether there was something.
fn cut(report: &mut Report) -> bool {
    let long = |text: &str| text.len() > TEXT_BYTES_MAX;
    let is_long = |named: &Named| long(&named.name) || long(&named.reason) || long(&named.kind);
    let before = report.series.len();
    let identity = long(&report.id) || long(&report.namespace);
    if identity {
        report.id.clear();
    }
    report.series.retain(|series| {
        ![&series.route, &series.cluster, &series.subset, &series.class].into_iter().any(|text| long(text))
    });
    let mut cut = identity || report.series.len() != before;
    let before = report.clusters.len();
    report.clusters.retain(|cluster| !long(&cluster.name));
    cut |= report.clusters.len() != before;
    let of_series = report.series.iter_mut().map(|series| &mut series.connections);
    let of_clusters = report.clusters.iter_mut().map(|cluster| &mut cluster.counts);
    for counts in of_series.chain(of_clusters).chain([&mut report.local_replies]) {
        let before = counts.len();
        counts.retain(|Count { name, .. }| !long(name));
        counts.truncate(NAMES_MAX);
        cut |= counts.len() != before;
    }
    if let Some(state) = &mut report.state {
        for list in [&mut state.rejected, &mut state.waiting] {
            let before = list.len();
            list.retain(|named| !is_long(named));
            list.truncate(NAMES_MAX);
            cut |= list.len() != before;
        }
        state.live.truncate(NAMES_MAX);
    }
    cut
}
