//! A run from its arguments to its report. The only file of `run` that wires.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, OnceLock};
use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::lane::{self, Course, Glimpse, Seen};
use super::live::Live;
use super::plan::Plan;
use super::question::Questions;
use super::report::{Figures, Measured, Wanted, histogram};
use super::tally::Tally;
use super::url::Url;
use crate::arguments::Run;
use crate::failure::Failure;
use crate::output;
use crate::stream::Place;
use crate::system;

/// Asks as the arguments say, and reports.
///
/// # Errors
/// When an argument cannot be used, nothing was answered, or the system gives way.
pub fn run(asked: &Run) -> Result<(), Failure> {
    let course = Arc::new(course(asked)?);
    let mut json = asked.report.json.as_deref().map(Sink::open).transpose()?;
    let seen = ask(&course)?;
    let figures = figures(asked, &course, &seen)?;
    if let Some(sink) = &mut json {
        sink.write(&figures)?;
    }
    if !asked.report.quiet && !matches!(json, Some(Sink::Stdout)) {
        output::answer(&figures)?;
    }
    let wall = Duration::from_nanos(course.plan.end()).as_secs_f64();
    if !asked.report.quiet && figures.is_busy(wall) && figures.whole.rate_wanted.is_some() {
        output::complain(
            &"warning: the generator had hardly a moment to spare; give it more --threads, or ask less",
        );
    }
    if figures.whole.answers() == 0 {
        let errors = figures.whole.errors;
        return Err(Failure::Unanswered(format!(
            "{} requests: {} could not connect, {} were cut off, {} took too long, {} got no HTTP; {} were not sent",
            figures.whole.requests,
            errors.connect,
            errors.reset,
            errors.timeout,
            errors.malformed,
            figures.whole.late
        )));
    }
    Ok(())
}

fn course(asked: &Run) -> Result<Course, Failure> {
    let url = Url::parse(&asked.url).map_err(Failure::Usage)?;
    let questions = Questions::new(&asked.question, &url)?;
    let (connections, lanes) = (asked.pace.connections.get(), asked.pace.threads.get());
    if lanes > connections {
        return Err(Failure::Usage(format!(
            "{lanes} threads share {connections} connections; at least one for each is needed"
        )));
    }
    system::allow_files(connections)?;
    let pace = &asked.pace;
    let plan = match pace.rate.0.as_slice() {
        _ if pace.closed => Plan::new(pace.warmup, &[None], pace.duration),
        [rate] => Plan::new(pace.warmup, &[Some(*rate)], pace.duration),
        rates => Plan::new(pace.warmup, &rates.iter().copied().map(Some).collect::<Vec<_>>(), pace.step),
    };
    let place = match &asked.question.unix {
        Some(path) => Place::Unix(path.clone()),
        None => Place::Tcp(url.address()?),
    };
    Ok(Course {
        place,
        questions,
        plan,
        connections,
        lanes,
        timeout: pace.timeout,
        ready: Barrier::new(lanes),
        opened: AtomicUsize::new(0),
        start: OnceLock::new(),
        is_watched: !asked.report.quiet && output::is_watched(),
        stop: AtomicBool::new(false),
    })
}

/// Runs all lanes; gives what each saw.
fn ask(course: &Arc<Course>) -> Result<Vec<Seen>, Failure> {
    let (glimpses, heard) = mpsc::channel(2 * course.lanes);
    let mut lanes = Vec::new();
    for number in 0..course.lanes {
        let (course, glimpses) = (Arc::clone(course), glimpses.clone());
        let asks = move || lane::run(&course, number, course.is_watched.then_some(&glimpses));
        let started = thread::Builder::new().name(format!("lane-{number}")).spawn(asks);
        lanes.push(started.map_err(Failure::system("cannot start a thread"))?);
    }
    // what is left of it goes with the last lane
    drop(glimpses);
    system::runtime()?.block_on(watch(course, heard))?;
    let broken = |_| Failure::Usage("a lane broke off".to_owned());
    lanes.into_iter().map(|lane| lane.join().map_err(broken)?).collect()
}

/// Tells what the lanes see until all have ended. Ctrl-C ends the run early, with its report; the second ends it at once.
async fn watch(course: &Course, mut heard: mpsc::Receiver<Glimpse>) -> Result<(), Failure> {
    let listen = |kind| signal(kind).map_err(Failure::system("cannot listen for signals"));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let mut live = Live::new(&course.plan, course.lanes)?;
    loop {
        let stopped = tokio::select! {
            glimpse = heard.recv() => match glimpse {
                Some(glimpse) => {
                    if let Some(line) = live.take(&glimpse) {
                        output::complain(&line);
                    }
                    false
                }
                None => return Ok(()),
            },
            _ = interrupt.recv() => true,
            _ = terminate.recv() => true,
        };
        if stopped && course.stop.swap(true, Ordering::Relaxed) {
            return Err(Failure::Usage("interrupted twice; no report".to_owned()));
        }
    }
}

fn figures(asked: &Run, course: &Course, seen: &[Seen]) -> Result<Figures, Failure> {
    let end = seen.iter().map(|seen| seen.end).max().unwrap_or_default();
    let mut whole = Tally::new()?;
    let mut steps = Vec::new();
    let measured = || course.plan.spans().iter().enumerate().filter(|(_, span)| span.measured);
    for (number, span) in measured() {
        let mut step = Tally::new()?;
        seen.iter().filter_map(|seen| seen.tallies.get(number)).for_each(|tally| step.add(tally));
        whole.add(&step);
        steps.push(Measured::new(&step, Wanted::of(std::iter::once(span), end)));
    }
    if steps.len() == 1 {
        steps.clear();
    }
    let mode = match (asked.pace.closed, steps.is_empty()) {
        (true, _) => "closed",
        (false, true) => "open",
        (false, false) => "stepped",
    };
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    Ok(Figures {
        url: asked.url.clone(),
        mode,
        connections: course.connections,
        threads: course.lanes,
        cpu_seconds: cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9,
        whole: Measured::new(&whole, Wanted::of(measured().map(|(_, span)| span), end)),
        steps,
        histogram: histogram(&whole),
    })
}

/// Where the JSON goes; opened before the first request, so that no run is for nothing.
enum Sink {
    Stdout,
    File(String, File),
}

impl Sink {
    fn open(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self::Stdout);
        }
        let what = format!("cannot write {}", path.display());
        let file = File::create(path).map_err(|error| Failure::Usage(format!("{what}: {error}")))?;
        Ok(Self::File(what, file))
    }

    fn write(&mut self, figures: &Figures) -> Result<(), Failure> {
        let failed = |what: &str| Failure::system(what.to_owned());
        let text = serde_json::to_string_pretty(figures)
            .map_err(|error| failed("cannot write the figures as JSON")(io::Error::other(error)))?;
        match self {
            Self::Stdout => output::answer(&text),
            Self::File(what, file) => writeln!(file, "{text}").map_err(failed(what)),
        }
    }
}
