//! A run from its arguments to its report. The only file of `run` that wires.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, OnceLock};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::lane::{self, Course, Glimpse, Seen};
use super::live::Live;
use super::plan::{Plan, Span};
use super::plot::{Curve, chart, png, svg};
use super::question::Questions;
use super::report::{Figures, Measured, Wanted};
use super::tally::Tally;
use super::url::Url;
use crate::arguments::{Pace, Run};
use crate::failure::Failure;
use crate::output::{self, Sink};
use crate::stream::Place;
use crate::system;

/// The most stretches of time that have figures of their own.
const STRETCHES_MAX: u128 = 200;

/// Asks as the arguments say, and reports.
///
/// # Errors
/// When an argument cannot be used, nothing was answered, or the system gives way.
pub fn run(asked: &Run) -> Result<(), Failure> {
    let course = Arc::new(course(asked)?);
    // opened before the first request, so that no run is for nothing
    let json = asked.report.json.as_deref().map(Sink::open).transpose()?;
    let plot = asked.report.plot.as_deref().map(Plot::open).transpose()?;
    let seen = ask(&course)?;
    let steps = summed(&course, &seen)?;
    let whole = merged(&steps)?;
    let end = seen.iter().map(|seen| seen.end).max().unwrap_or_default();
    let figures = figures(asked, &course, &steps, &whole, end);
    let to_stdout = matches!(json, Some(Sink::Stdout));
    if let Some(sink) = json {
        sink.write(&as_json(&figures)?)?;
    }
    if let Some(plot) = plot {
        // stretches of one rate are one curve
        let one = asked.pace.every.and(steps.first()).map(|(span, _)| vec![(*span, whole)]);
        plot.write(&one.unwrap_or(steps), &asked.url)?;
    }
    if !asked.report.quiet && !to_stdout {
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
    let questions = Questions::new(&asked.question, &url, asked.pace.http2)?;
    let (connections, lanes) = (asked.pace.connections.get(), asked.pace.threads.get());
    if lanes > connections {
        return Err(Failure::Usage(format!(
            "{lanes} threads share {connections} connections; at least one for each is needed"
        )));
    }
    system::allow_files(connections)?;
    let plan = plan(&asked.pace).map_err(Failure::Usage)?;
    let place = match &asked.question.unix {
        Some(path) => Place::Unix(path.clone()),
        None => Place::Tcp(url.address()?),
    };
    Ok(Course {
        place,
        questions,
        plan,
        connections,
        streams: asked.pace.http2.then(|| asked.pace.streams.get()),
        lanes,
        timeout: asked.pace.timeout,
        ready: Barrier::new(lanes),
        opened: AtomicUsize::new(0),
        start: OnceLock::new(),
        is_watched: !asked.report.quiet && output::is_watched(),
        stop: AtomicBool::new(false),
    })
}

fn plan(pace: &Pace) -> Result<Plan, String> {
    let rate = match pace.rate.0.as_slice() {
        _ if pace.closed => None,
        [rate] => Some(*rate),
        _ if pace.every.is_some() => {
            return Err("--every wants one rate; steps have figures of their own".to_owned());
        }
        rates => {
            let rates: Vec<_> = rates.iter().copied().map(Some).collect();
            return Ok(Plan::new(pace.warmup, &rates, pace.step));
        }
    };
    let each = pace.every.unwrap_or(pace.duration);
    let count = pace.duration.as_nanos() / each.as_nanos();
    if !pace.duration.as_nanos().is_multiple_of(each.as_nanos()) || count > STRETCHES_MAX {
        return Err(format!(
            "--every does not divide --duration into equal stretches, at most {STRETCHES_MAX}; write such as --duration 10s --every 100ms"
        ));
    }
    Ok(Plan::new(pace.warmup, &vec![rate; count as usize], each))
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

/// What all lanes saw together, measured span by measured span.
fn summed(course: &Course, seen: &[Seen]) -> Result<Vec<(Span, Tally)>, Failure> {
    let measured = course.plan.spans().iter().enumerate().filter(|(_, span)| span.measured);
    measured
        .map(|(number, span)| {
            let mut sum = Tally::new()?;
            seen.iter().filter_map(|seen| seen.tallies.get(number)).for_each(|tally| sum.add(tally));
            Ok((*span, sum))
        })
        .collect()
}

fn merged(steps: &[(Span, Tally)]) -> Result<Tally, Failure> {
    let mut whole = Tally::new()?;
    steps.iter().for_each(|(_, tally)| whole.add(tally));
    Ok(whole)
}

fn figures(asked: &Run, course: &Course, steps: &[(Span, Tally)], whole: &Tally, end: u64) -> Figures {
    let step = |(span, tally): &(Span, Tally)| Measured::new(tally, Wanted::of(std::iter::once(span), end));
    let has_steps = steps.len() > 1;
    let mode = match (asked.pace.closed, has_steps && asked.pace.every.is_none()) {
        (true, _) => "closed",
        (false, false) => "open",
        (false, true) => "stepped",
    };
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    // all lanes have it behind them
    let since = course.start.get().map_or(Duration::ZERO, Instant::elapsed).saturating_sub(asked.pace.warmup);
    let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(since);
    Figures {
        url: asked.url.clone(),
        mode,
        connections: course.connections,
        streams: course.streams,
        threads: course.lanes,
        began: began.as_secs_f64(),
        cpu_seconds: cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9,
        whole: Measured::new(whole, Wanted::of(steps.iter().map(|(span, _)| span), end)),
        steps: steps.iter().filter(|_| has_steps).map(step).collect(),
    }
}

fn as_json(figures: &Figures) -> Result<Vec<u8>, Failure> {
    let text = serde_json::to_vec_pretty(figures).map_err(io::Error::other);
    let mut text = text.map_err(Failure::system("cannot write the figures as JSON"))?;
    text.push(b'\n');
    Ok(text)
}

/// A picture that is to be drawn.
struct Plot {
    sink: Sink,
    /// As pixels, or else as lines.
    png: bool,
}

impl Plot {
    fn open(path: &Path) -> Result<Self, Failure> {
        let png = match path.extension().and_then(|extension| extension.to_str()) {
            Some("png") => true,
            Some("svg") => false,
            _ => {
                return Err(Failure::Usage(format!(
                    "cannot draw {}: its name must end in .svg or .png",
                    path.display()
                )));
            }
        };
        Ok(Self { sink: Sink::open(path)?, png })
    }

    fn write(self, steps: &[(Span, Tally)], url: &str) -> Result<(), Failure> {
        let label = |span: &Span| span.rate.map_or_else(|| "closed".to_owned(), |rate| format!("{rate}/s"));
        let curves: Vec<_> =
            steps.iter().filter_map(|(span, tally)| Curve::new(label(span), tally)).collect();
        let shapes = chart(&curves);
        let drawn = if self.png {
            png(&shapes).map_err(|error| Failure::system("cannot draw the figures")(error.into()))?
        } else {
            svg(&shapes, &format!("latency by percentile of {url}")).into_bytes()
        };
        self.sink.write(&drawn)
    }
}
