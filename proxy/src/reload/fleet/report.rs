//! Counts and state go to the control server once a second, on a stream of their own. A server that does not take them is
//! not waited for.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::uri::PathAndQuery;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic_prost::ProstCodec;
use towpath_wire::telemetry::{Directive, Live, Named, State, Telemetry};
use towpath_wire::{backoff, method};

use super::counting::{Counted, Moved};
use super::link::{self, CONNECT_LIMIT, Lost};
use crate::observe::stats::Counter;
use crate::shared::{Fleet, Link, Open, Origin, Shared};

/// The time between two reports, and the least that a server may wish for.
const INTERVAL: Duration = Duration::from_secs(1);
const INTERVAL_MIN: Duration = Duration::from_millis(100);
const INTERVAL_MAX: Duration = Duration::from_secs(60);

/// Reports that wait for the server to take them.
const OUTBOX_MAX: usize = 2;

/// Who reports.
#[derive(Debug, Clone)]
pub(super) struct Reporter {
    pub(super) shared: Arc<Shared>,
    pub(super) place: Arc<Fleet>,
    pub(super) id: String,
    pub(super) namespace: String,
}

/// The end of a proxy: what it counted last is reported then.
pub(super) type Farewell = oneshot::Receiver<()>;

/// Reports that are being made, until there are no more.
#[derive(Debug)]
pub(super) struct Reports {
    task: JoinHandle<()>,
    farewell: oneshot::Sender<()>,
}

impl Reports {
    /// Begins to report.
    pub(super) fn begin(reporter: Reporter) -> Self {
        let (farewell, told) = oneshot::channel();
        Self { task: tokio::task::spawn_local(reporter.run(told)), farewell }
    }

    /// Has what was counted last reported, where there is a stream that takes it.
    pub(super) async fn end(self) {
        // whoever has ended already has nothing to say
        _ = self.farewell.send(());
        _ = self.task.await;
    }
}

impl Reporter {
    /// Reports until the end.
    async fn run(self, mut farewell: Farewell) {
        self.shared.series().follow();
        let mut counted = Counted::default();
        let (mut failures, mut rng) = (0, fastrand::Rng::new());
        loop {
            let begun = Instant::now();
            let Err(lost) = self.stream(&mut counted, &mut farewell).await else { return };
            counted.forget_ended(self.shared.series());
            // a stream that lived was none that could not be had
            failures = if begun.elapsed() > INTERVAL_MAX { 1 } else { failures + 1 };
            tracing::debug!(server = self.place.server(), fault = lost, "nobody takes reports");
            tokio::select! {
                () = sleep(backoff(failures, rng.f64())) => {}
                _ = &mut farewell => return,
            }
        }
    }

    /// One stream, until it is lost, or all has been said.
    async fn stream(&self, counted: &mut Counted, farewell: &mut Farewell) -> Result<(), Lost> {
        let (outbox, directives) = tokio::select! {
            opened = self.open() => opened?,
            _ = &mut *farewell => return Ok(()),
        };
        self.report(counted, outbox, directives, farewell).await
    }

    async fn open(&self) -> Result<(mpsc::Sender<Telemetry>, tonic::Streaming<Directive>), Lost> {
        let channel = link::channel(self.place.server()).await?;
        let (outbox, reports) = mpsc::channel(OUTBOX_MAX);
        let mut grpc = Grpc::new(channel);
        let opened = async {
            grpc.ready().await.map_err(|fault| fault.to_string())?;
            let path = PathAndQuery::from_static(method::TELEMETRY);
            let reports = tonic::Request::new(ReceiverStream::new(reports));
            grpc.streaming(reports, path, ProstCodec::default()).await.map_err(|status| link::ended(&status))
        };
        let answer = timeout(CONNECT_LIMIT, opened).await;
        let answer = answer.map_err(|_| format!("no answer within {CONNECT_LIMIT:?}"))??;
        Ok((outbox, answer.into_inner()))
    }

    async fn report(
        &self,
        counted: &mut Counted,
        outbox: mpsc::Sender<Telemetry>,
        mut directives: tonic::Streaming<Directive>,
        farewell: &mut Farewell,
    ) -> Result<(), Lost> {
        let (mut sequence, mut last, mut tick) = (0, Instant::now(), ticking(INTERVAL));
        loop {
            let is_last = tokio::select! {
                directive = directives.message() => match directive {
                    Ok(Some(Directive { interval_millis: 0 })) => continue,
                    Ok(Some(Directive { interval_millis })) => {
                        let wish = Duration::from_millis(interval_millis.into());
                        tick = ticking(wish.clamp(INTERVAL_MIN, INTERVAL_MAX));
                        continue;
                    }
                    Ok(None) => return Err("the server has ended the stream".to_owned()),
                    Err(status) => return Err(link::ended(&status)),
                },
                _ = tick.tick() => false,
                _ = &mut *farewell => true,
            };
            let Ok(permit) = outbox.try_reserve() else {
                if outbox.is_closed() {
                    return Err("the server takes no more reports".to_owned());
                }
                // what was counted goes with the next one
                self.shared.stats().control().add(Counter::ControlReportsDropped, 1);
                if is_last {
                    return Ok(());
                }
                counted.forget_ended(self.shared.series());
                continue;
            };
            let interval_millis = last.elapsed().as_millis() as u32;
            (sequence, last) = (sequence + 1, Instant::now());
            let moved = self.count(counted).await;
            permit.send(self.telemetry(sequence, interval_millis, moved));
            self.shared.stats().control().add(Counter::ControlReports, 1);
            if is_last {
                break;
            }
        }
        drop(outbox);
        // when the server has ended its side too, it has heard all
        while let Ok(Some(_)) = directives.message().await {}
        Ok(())
    }

    /// Counts, on a thread of its own: there may be thousands of series.
    async fn count(&self, counted: &mut Counted) -> Moved {
        let (shared, mut own) = (Arc::clone(&self.shared), std::mem::take(counted));
        let counting = spawn_blocking(move || {
            let moved = own.moved(shared.series(), &shared.snapshot(), shared.stats());
            (own, moved)
        });
        let (after, moved) = counting.await.unwrap_or_default();
        *counted = after;
        moved
    }

    fn telemetry(&self, sequence: u64, interval_millis: u32, moved: Moved) -> Telemetry {
        let Moved { series, clusters, local_replies } = moved;
        Telemetry {
            id: self.id.clone(),
            namespace: self.namespace.clone(),
            sequence,
            interval_millis,
            series,
            clusters,
            local_replies,
            state: Some(self.state(SystemTime::now())),
        }
    }

    fn state(&self, now: SystemTime) -> State {
        let (snapshot, standing) = (self.shared.snapshot(), self.place.standing());
        let since = |then: SystemTime| now.duration_since(then).unwrap_or_default().as_millis() as u64;
        let named = |open: &[Open]| -> Vec<Named> {
            let objects = standing.objects.iter().filter(|object| open.contains(&object.open));
            let named = objects.map(|object| Named {
                kind: object.kind.to_owned(),
                name: object.name.to_string(),
                reason: object.fault.to_string(),
            });
            named.collect()
        };
        let all: u32 = standing.tallies.iter().flat_map(|tally| tally.open).sum();
        State {
            generation: snapshot.generation(),
            table_age_millis: since(snapshot.loaded()),
            from_disk: standing.origin == Some(Origin::Stored),
            connected_millis: match standing.link {
                Link::Connected { since: then } => Some(since(then)),
                Link::Connecting | Link::Lost { .. } => None,
            },
            live: standing
                .tallies
                .iter()
                .map(|tally| Live { kind: tally.kind.to_owned(), count: tally.live })
                .collect(),
            rejected: named(&[Open::Rejected]),
            waiting: named(&[Open::Waiting, Open::Held]),
            more: all.saturating_sub(standing.objects.len() as u32),
        }
    }
}

fn ticking(time: Duration) -> tokio::time::Interval {
    let mut tick = interval(time);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick
}
