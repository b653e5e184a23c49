//! One stream of resources, from its first request to its end: one task, one message waiting to be sent.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::time::{sleep_until, timeout};
use tonic::{Status, Streaming};
use towpath_wire::{Heard, Kind, Request, Response};

use super::asked::Wishes;
use super::edition::{Edition, Plan};
use super::fleet::Fleet;
use super::member::Member;
use crate::meters::Counter;

/// So long a client may take until it says who it is.
const FIRST_REQUEST: Duration = Duration::from_secs(10);

/// So long a proxy keeps its turn for a first table, when it does not answer.
const FIRST_PUSH: Duration = Duration::from_secs(5);

/// So long the reason for the end may take to be read.
const LAST_WORD: Duration = Duration::from_secs(1);

/// What a stream answers with.
pub type Outbox = mpsc::Sender<Result<Response, Status>>;

/// How a stream lives.
#[derive(Debug, Clone)]
pub struct Terms {
    /// It ends then, so that a fleet spreads over servers.
    pub age: Option<Duration>,
    /// Becomes true when the server ends.
    pub ending: watch::Receiver<bool>,
}

/// Serves a stream to its end.
pub async fn serve(
    fleet: Fleet,
    terms: Terms,
    address: SocketAddr,
    requests: Streaming<Request>,
    outbox: Outbox,
) {
    if let Err(status) = live(&fleet, terms, address, requests, &outbox).await {
        // who does not read does not hear it
        let _ = timeout(LAST_WORD, outbox.send(Err(status))).await;
    }
}

async fn live(
    fleet: &Fleet,
    terms: Terms,
    address: SocketAddr,
    mut requests: Streaming<Request>,
    outbox: &Outbox,
) -> Result<(), Status> {
    let first = match timeout(FIRST_REQUEST, requests.message()).await {
        Err(_) => return Err(Status::deadline_exceeded("no request came")),
        Ok(Ok(Some(first))) => first,
        Ok(_) => return Ok(()),
    };
    let identity = first.identity().map_err(|fault| {
        fleet.meters().add(Counter::StreamsRefused, 1);
        Status::invalid_argument(fault.to_string())
    })?;
    // a server that knows nothing yet, its state lost perhaps, must not take from its fleet what that has
    if fleet.newest().revision() == 0 {
        fleet.meters().add(Counter::StreamsRefused, 1);
        return Err(Status::unavailable("there is no revision yet"));
    }
    let turn = fleet.first_pushes().acquire_owned().await.ok();
    let plan = fleet.plan();
    let member = fleet
        .enter(identity, address)
        .await
        .map_err(|_| Status::resource_exhausted("there are too many streams of proxies"))?;
    let asked = Arc::clone(fleet.newest().asked());
    let wishes = Wishes::new(asked, &member.identity.namespace, fleet.limits().hosts);
    let end = Life { fleet, member: &member, plan, wishes, turn, pace: Pace::new(fleet), unsent: false }
        .run(first, terms, &mut requests, outbox)
        .await;
    let reason = end.as_ref().err().map_or("the proxy ended its stream", |status| status.message());
    fleet.leave(&member, reason);
    end
}

/// A stream while it is open.
struct Life<'l> {
    fleet: &'l Fleet,
    member: &'l Arc<Member>,
    plan: watch::Receiver<Arc<Plan>>,
    /// The hosts that it asks for.
    wishes: Wishes,
    /// Its turn for a first table.
    turn: Option<OwnedSemaphorePermit>,
    pace: Pace,
    /// Whether there may be something to send.
    unsent: bool,
}

impl Life<'_> {
    async fn run(
        mut self,
        first: Request,
        mut terms: Terms,
        requests: &mut Streaming<Request>,
        outbox: &Outbox,
    ) -> Result<(), Status> {
        let begun = Fleet::now();
        let ends = terms.age.map(|age| begun + age);
        self.hear(first).await?;
        // what was planned between its view and now
        self.follow().await;
        loop {
            let now = Fleet::now();
            let turn_over = self.turn.is_some().then_some(begun + FIRST_PUSH);
            let wake = [self.member.wake(now), self.pace.paused_until(now), ends, turn_over];
            let wake = wake.into_iter().flatten().min();
            let reads = self.pace.paused_until(now).is_none();
            tokio::select! {
                room = outbox.reserve(), if self.unsent => {
                    let Ok(room) = room else { return Ok(()) };
                    match self.member.poll(Fleet::now()) {
                        Some(response) => {
                            self.fleet.meters().add(Counter::Responses, 1);
                            self.fleet.meters().add(Counter::ResponseBytes, response.size() as u64);
                            room.send(Ok(response));
                        }
                        None => self.unsent = false,
                    }
                }
                request = requests.message(), if reads => match request {
                    Ok(Some(request)) => self.hear(request).await?,
                    Ok(None) => return Ok(()),
                    Err(status) => return Err(status),
                },
                changed = self.plan.changed() => match changed {
                    Ok(()) => self.follow().await,
                    Err(_) => return Err(Status::unavailable("the server ends")),
                },
                () = sleep(wake) => self.unsent = true,
                () = self.member.replaced.notified() => {
                    return Err(Status::aborted("a newer stream of this proxy is there"));
                }
                () = ended(&mut terms.ending) => {
                    return Err(Status::unavailable("the server ends"));
                }
                () = outbox.closed() => return Ok(()),
            }
            if ends.is_some_and(|ends| ends <= Fleet::now()) {
                self.fleet.meters().add(Counter::StreamsAged, 1);
                return Err(Status::unavailable("this stream is old: connect again"));
            }
            if self.member.is_settled() || begun + FIRST_PUSH <= Fleet::now() {
                self.turn = None;
            }
        }
    }

    async fn hear(&mut self, mut request: Request) -> Result<(), Status> {
        if request.kind() == Some(Kind::Host) {
            self.wish(&mut request).await;
        }
        let heard =
            self.member.hear(&request).map_err(|refused| Status::resource_exhausted(refused.to_string()))?;
        match heard {
            Heard::Acknowledged(_) => self.fleet.meters().add(Counter::Acknowledged, 1),
            Heard::Rejected(..) => {
                self.fleet.meters().add(Counter::Rejected, 1);
                self.fleet.rejected(self.member);
            }
            _ => {}
        }
        self.unsent = true;
        if self.pace.heard(Fleet::now()) {
            self.fleet.meters().add(Counter::Delayed, 1);
        }
        Ok(())
    }

    /// Enters the hosts that it asks for. Of those for which there is no room it hears nothing: to say that there is no such
    /// host would be wrong, perhaps.
    async fn wish(&mut self, request: &mut Request) {
        request.unwanted().iter().for_each(|name| self.wishes.leave(name));
        let before = request.wanted().len();
        request.retain_wanted(|name| self.wishes.want(name));
        let left_out = before - request.wanted().len();
        self.fleet.meters().add(Counter::HostsUnanswered, left_out as u64);
        if !request.wanted().is_empty() {
            let edition = Arc::clone(self.plan.borrow().edition(self.member.rank));
            let view = edition.view(&self.member.identity).await;
            self.member.publish(view, edition.revision());
        }
    }

    /// Gives the proxy what the plan has for it.
    async fn follow(&mut self) {
        let edition: Arc<Edition> = Arc::clone(self.plan.borrow_and_update().edition(self.member.rank));
        if edition.revision() != self.member.sent() {
            let view = edition.view(&self.member.identity).await;
            self.member.publish(view, edition.revision());
            self.unsent = true;
        }
    }
}

/// Comes back when the server ends.
pub async fn ended(ending: &mut watch::Receiver<bool>) {
    // where nobody can say it any more, it has
    let _ = ending.wait_for(|ending| *ending).await;
}

async fn sleep(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until.into()).await,
        None => pending().await,
    }
}

/// How fast a stream may send: so many messages a second, and as many at once.
struct Pace {
    interval: Duration,
    /// When all that was sent would have come, had it come evenly.
    due: Instant,
}

/// What may be sent ahead.
const BURST: Duration = Duration::from_secs(1);

impl Pace {
    fn new(fleet: &Fleet) -> Self {
        let interval = BURST / fleet.limits().messages_per_second.max(1);
        Self { interval, due: Fleet::now() }
    }

    /// Counts a message; whether the stream is too fast now.
    fn heard(&mut self, now: Instant) -> bool {
        self.due = self.due.max(now) + self.interval;
        self.paused_until(now).is_some()
    }

    /// Until when nothing is read.
    fn paused_until(&self, now: Instant) -> Option<Instant> {
        let until = self.due.checked_sub(BURST)?;
        (until > now).then_some(until)
    }
}
