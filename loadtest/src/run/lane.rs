//! One thread with its connections. Lanes share nothing but the plan.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::connection::{http1, http2};
use super::pacer::Pacer;
use super::plan::{Due, Plan, SECOND};
use super::question::Questions;
use super::tally::{Outcome, Tally};
use super::watch::Slot;
use crate::failure::Failure;
use crate::stream::{Place, Stream};
use crate::system;

/// How often deadlines are looked at.
const SWEEP: Duration = Duration::from_millis(10);

/// Connections that are opened at once.
const OPENED_TOGETHER: usize = 64;

/// Bytes that are read at once.
const SCRATCH_BYTES: usize = 256 * 1024;

/// What all lanes have in common.
#[derive(Debug)]
pub struct Course {
    /// Where the server is.
    pub place: Place,
    /// What is asked.
    pub questions: Questions,
    /// When it is asked.
    pub plan: Plan,
    /// All connections.
    pub connections: usize,
    /// Requests at once on each, by HTTP/2; or HTTP/1.1.
    pub streams: Option<usize>,
    /// How many lanes there are.
    pub lanes: usize,
    /// The longest a request may take, and before that wait for a connection.
    pub timeout: Duration,
    /// All lanes have opened their connections.
    pub ready: Barrier,
    /// How many connections could be opened.
    pub opened: AtomicUsize,
    /// The start of the plan.
    pub start: OnceLock<Instant>,
    /// Whether somebody wants glimpses.
    pub is_watched: bool,
    /// Set when the run is to end early.
    pub stop: AtomicBool,
}

/// What a lane saw since it last said so, and in which span.
pub type Glimpse = (usize, Tally);

/// What a lane saw in all.
#[derive(Debug)]
pub struct Seen {
    /// By span.
    pub tallies: Vec<Tally>,
    /// When it ended, in nanoseconds since the start.
    pub end: u64,
}

/// A lane that runs.
#[derive(Debug)]
pub struct Lane {
    /// What it has in common with the others.
    pub course: Arc<Course>,
    start: Instant,
    /// See [`Course::timeout`], in nanoseconds.
    pub timeout: u64,
    /// Hands out requests.
    pub pacer: Pacer,
    /// One for each that asks.
    pub slots: Vec<Slot>,
    /// What is read is looked at here and forgotten.
    pub scratch: RefCell<Box<[u8]>>,
    tallies: RefCell<Vec<Tally>>,
    lately: RefCell<Tally>,
}

/// Runs lane `number` to its end, on this thread. Each second a glimpse goes out, if somebody is there to take it.
///
/// # Errors
/// When no connection can be opened by any lane, or the system gives way.
pub fn run(
    course: &Arc<Course>,
    number: usize,
    glimpses: Option<&mpsc::Sender<Glimpse>>,
) -> Result<Seen, Failure> {
    let runtime = system::runtime();
    let mut opened = (Vec::new(), None);
    if let Ok(runtime) = &runtime {
        opened = runtime.block_on(open(course, number));
    }
    let (streams, refused) = opened;
    course.opened.fetch_add(streams.len(), Ordering::SeqCst);
    // also where there is nothing to run: the others wait
    course.ready.wait();
    if let (0, Some(refused)) = (course.opened.load(Ordering::SeqCst), refused) {
        return Err(Failure::system(format!("cannot connect to {}", course.place))(refused));
    }
    runtime?.block_on(drive(Lane::new(course, number)?, streams, glimpses))
}

/// How many of all connections a lane has.
fn share(course: &Course, number: usize) -> usize {
    (course.connections + course.lanes - 1 - number) / course.lanes.max(1)
}

/// Opens the connections of a lane; gives the last reason why one could not be opened.
async fn open(course: &Arc<Course>, number: usize) -> (Vec<Stream>, Option<io::Error>) {
    let (mut streams, mut refused) = (Vec::new(), None);
    let mut wanted = share(course, number);
    while wanted > 0 && refused.is_none() {
        let together = wanted.min(OPENED_TOGETHER);
        let mut opening = JoinSet::new();
        for _ in 0..together {
            let course = Arc::clone(course);
            opening.spawn_local(async move {
                tokio::time::timeout(course.timeout, Stream::connect(&course.place)).await?
            });
        }
        for opened in opening.join_all().await {
            match opened {
                Ok(stream) => streams.push(stream),
                Err(error) => refused = Some(error),
            }
        }
        wanted -= together;
    }
    (streams, refused)
}

async fn drive(
    lane: Lane,
    streams: Vec<Stream>,
    glimpses: Option<&mpsc::Sender<Glimpse>>,
) -> Result<Seen, Failure> {
    let lane = Rc::new(lane);
    let mut streams = streams.into_iter();
    let mut asking = JoinSet::new();
    match lane.course.streams {
        None => (0..lane.slots.len()).for_each(|number| {
            asking.spawn_local(http1::run(Rc::clone(&lane), number, streams.next()));
        }),
        Some(each) => {
            let sessions = (0..lane.slots.len() / each).map(|_| http2::Session::new(streams.next()));
            for (number, session) in
                sessions.collect::<Vec<_>>().iter().cycle().take(lane.slots.len()).enumerate()
            {
                asking.spawn_local(http2::run(Rc::clone(&lane), number, Rc::clone(session)));
            }
        }
    }
    let paced = async {
        if !lane.pacer.is_closed() {
            lane.pacer.run(&lane.slots, || lane.now()).await.map_err(Failure::system("cannot keep time"))?;
        }
        std::future::pending().await
    };
    tokio::select! {
        failed = paced => return failed,
        () = lane.sweep(glimpses) => {}
        _ = asking.join_all() => {}
    }
    let mut tallies = lane.tallies.take();
    for (tally, late) in tallies.iter_mut().zip(lane.pacer.late()) {
        tally.late = late;
    }
    Ok(Seen { tallies, end: lane.pacer.end() })
}

impl Lane {
    fn new(course: &Arc<Course>, number: usize) -> Result<Self, Failure> {
        let timeout = u64::try_from(course.timeout.as_nanos()).unwrap_or(u64::MAX);
        let spans = course.plan.spans().len();
        let asking = share(course, number) * course.streams.unwrap_or(1);
        Ok(Self {
            start: *course.start.get_or_init(Instant::now),
            timeout,
            pacer: Pacer::new(course.plan.clone(), number as u64, course.lanes as u64, timeout),
            slots: (0..asking).map(|_| Slot::new()).collect(),
            scratch: RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice()),
            tallies: RefCell::new(vec![Tally::new()?; spans]),
            lately: RefCell::new(Tally::new()?),
            course: Arc::clone(course),
        })
    }

    /// Nanoseconds since the start.
    pub fn now(&self) -> u64 {
        // good for 584 years
        self.start.elapsed().as_nanos() as u64
    }

    /// Counts what became of a request.
    pub fn record(&self, due: &Due, outcome: &Outcome<'_>) {
        let latency = self.now().saturating_sub(due.at);
        if let Some(tally) = self.tallies.borrow_mut().get_mut(due.span) {
            tally.record(outcome, latency);
        }
        if self.course.is_watched {
            self.lately.borrow_mut().record(outcome, latency);
        }
    }

    /// Looks after deadlines, the order to stop, and whoever watches; never ends by itself.
    async fn sweep(&self, glimpses: Option<&mpsc::Sender<Glimpse>>) {
        let mut ticks = tokio::time::interval(SWEEP);
        let mut told = self.now();
        loop {
            ticks.tick().await;
            let now = self.now();
            self.slots.iter().for_each(|slot| slot.sweep(now));
            if self.course.stop.load(Ordering::Relaxed) {
                self.pacer.stop(now, &self.slots);
            }
            if let (Some(glimpses), true) = (glimpses, now >= told + SECOND) {
                told += SECOND;
                let span = self.pacer.span_at(now.saturating_sub(SECOND / 2)).unwrap_or_default();
                // whoever does not keep up with one line a second misses some
                let _ = glimpses.try_send((span, self.lately.borrow_mut().take()));
            }
        }
    }
}
