//! The life of one proxy: connect, listen, answer, and begin again when the stream ends.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep;
use tonic::Status;

use super::book::Book;
use super::line::{Lines, Stream};
use super::phase::Phase;
use super::proxy::Proxy;

/// After the first failure a proxy waits up to this, and twice as long after each further one (docs/control-protocol.md).
const BACKOFF: Duration = Duration::from_millis(500);

/// The longest that it waits.
const BACKOFF_MAX: Duration = Duration::from_secs(30);

/// Different faults that are told apart.
const FAULTS_MAX: usize = 16;

/// What the proxies of a fleet share.
#[derive(Debug)]
pub struct Fleet {
    /// The connections.
    pub lines: RefCell<Lines>,
    /// All names and versions.
    pub book: RefCell<Book>,
    /// What goes on.
    pub phase: RefCell<Phase>,
    /// What the phase counts.
    pub aim: Cell<Aim>,
    /// How they answer.
    pub manner: Manner,
    /// Why streams ended, and how often.
    pub faults: RefCell<BTreeMap<String, u64>>,
    /// Changes when all are to let go of their streams.
    pub storms: watch::Sender<u32>,
    /// Resources that the proxies hold, all together.
    pub held: Cell<usize>,
}

/// What each proxy is to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// To have heard all that it wants.
    Sync,
    /// To have acknowledged what changed.
    Acknowledge,
}

/// How proxies answer.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// So long after they have received.
    pub delay: Duration,
    /// Not at all.
    pub never: bool,
}

/// Why a stream is over.
enum End {
    Storm,
    Fault(Status),
}

impl From<Status> for End {
    fn from(status: Status) -> Self {
        Self::Fault(status)
    }
}

/// Lives until it is dropped.
pub async fn live(fleet: Rc<Fleet>, number: usize, mut proxy: Proxy) {
    let mut storms = fleet.storms.subscribe();
    let mut failures = 0;
    loop {
        storms.mark_unchanged();
        let ended = stream(&fleet, number, &mut proxy, &mut storms).await;
        // who was in sync begins with its patience anew
        failures = if proxy.is_synced() { 1 } else { failures + 1 };
        if let Err(End::Fault(status)) = ended {
            fleet.fault(&status);
        }
        sleep(backoff(failures, fastrand::f64())).await;
    }
}

/// How long to wait after so many failures in a row, by a number drawn from 0 up to 1.
fn backoff(failures: u32, drawn: f64) -> Duration {
    let most = BACKOFF.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(BACKOFF_MAX);
    most.mul_f64(drawn)
}

async fn stream(
    fleet: &Fleet,
    number: usize,
    proxy: &mut Proxy,
    storms: &mut watch::Receiver<u32>,
) -> Result<(), End> {
    let first = proxy.connected(&fleet.book.borrow());
    let channel = fleet.lines.borrow().of(number);
    let Some(channel) = channel else { return Ok(()) };
    let mut stream = tokio::select! {
        opened = Stream::open(channel, first) => opened?,
        _ = storms.changed() => return Err(End::Storm),
    };
    loop {
        let response = tokio::select! {
            response = stream.next() => response?,
            _ = storms.changed() => return Err(End::Storm),
        };
        let before = proxy.held();
        let heard = proxy.response(response, &mut fleet.book.borrow_mut());
        let heard = heard.map_err(Status::internal)?;
        fleet.held.set((fleet.held.get() + proxy.held()).saturating_sub(before));
        fleet.phase.borrow_mut().heard(&heard, Instant::now());
        let changed = heard.resources + heard.removed > 0;
        if fleet.manner.never {
            continue;
        }
        if !fleet.manner.delay.is_zero() {
            sleep(fleet.manner.delay).await;
        }
        for answer in heard.answers {
            stream.send(answer).await?;
        }
        let reached = match fleet.aim.get() {
            Aim::Sync => proxy.is_synced(),
            Aim::Acknowledge => changed,
        };
        if reached {
            fleet.phase.borrow_mut().done(number, Instant::now());
        }
    }
}

impl Fleet {
    fn fault(&self, status: &Status) {
        let mut faults = self.faults.borrow_mut();
        let told = format!("{:?}: {}", status.code(), status.message());
        let told =
            if faults.len() < FAULTS_MAX || faults.contains_key(&told) { told } else { "others".to_owned() };
        *faults.entry(told).or_default() += 1;
    }
}
