//! The thread that writes all access logs.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::place::{Place, Turn};
use super::queue::{LineQueue, QueueEnd};

/// How long the writer rests when there was nothing to write for a while, and when there was.
const REST: Duration = Duration::from_millis(50);
const SHORT_REST: Duration = Duration::from_millis(5);

/// How long the end of a process waits for what is not written yet.
const END_LIMIT: Duration = Duration::from_secs(2);

/// How many files were opened anew, or which of them cannot be.
pub type Report = Result<usize, String>;

/// What the writer is told.
enum Command {
    Add(QueueEnd),
    Reopen(oneshot::Sender<Report>),
    End(Sender<()>),
}

/// The writer. Its thread begins with the first log.
#[derive(Debug)]
pub struct Writer {
    commands: Option<Sender<Command>>,
    thread: Option<JoinHandle<()>>,
    colours: bool,
}

impl Writer {
    /// A writer without a log. `colours` says whether people at a terminal want them.
    #[must_use]
    pub fn new(colours: bool) -> Self {
        Self { commands: None, thread: None, colours }
    }

    /// Takes on the logs of a table that it does not write yet. It stops writing a log by itself, when nobody puts lines
    /// in any more.
    pub fn follow<'a>(&mut self, logs: impl IntoIterator<Item = &'a Arc<LineQueue>>) {
        for end in logs.into_iter().filter_map(|log| log.take_end()) {
            if self.commands.is_none()
                && let Err(fault) = self.start()
            {
                tracing::error!(%fault, "there is no thread for access logs: none is written");
            }
            if let Some(commands) = &self.commands {
                // it ends when it is told to, or by a bug that was told
                let _ = commands.send(Command::Add(end));
            }
        }
    }

    fn start(&mut self) -> std::io::Result<()> {
        let (commands, told) = channel();
        let colours = self.colours;
        let thread = std::thread::Builder::new().name("access-log".to_owned());
        self.thread = Some(thread.spawn(move || run(&told, colours))?);
        self.commands = Some(commands);
        Ok(())
    }

    /// Has all files opened anew.
    pub fn reopen(&self) -> oneshot::Receiver<Report> {
        let (reporter, report) = oneshot::channel();
        match &self.commands {
            Some(commands) => {
                let _ = commands.send(Command::Reopen(reporter));
            }
            None => {
                let _ = reporter.send(Ok(0));
            }
        }
        report
    }

    /// Writes what is left, as far as that is possible in a short time.
    pub fn end(self) {
        let (Some(commands), Some(thread)) = (self.commands, self.thread) else { return };
        let (done, is_done) = channel();
        let told = commands.send(Command::End(done));
        // who hangs in a write of a dead file system is left behind
        if told.is_err() || is_done.recv_timeout(END_LIMIT * 2) != Err(RecvTimeoutError::Timeout) {
            let _ = thread.join();
        }
    }
}

fn run(commands: &Receiver<Command>, colours: bool) {
    let mut places: Vec<Place> = Vec::new();
    let mut rest = REST;
    loop {
        match commands.recv_timeout(rest) {
            Ok(Command::Add(queue)) => {
                let mut place = Place::new(queue);
                let is_terminal = place.prepare(Instant::now());
                place.colour(colours && is_terminal);
                places.push(place);
            }
            Ok(Command::Reopen(reporter)) => {
                // whoever asked may have gone
                let _ = reporter.send(reopen(&mut places));
            }
            Ok(Command::End(done)) => {
                end(&mut places);
                return drop(done);
            }
            Err(RecvTimeoutError::Disconnected) => return end(&mut places),
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = Instant::now();
        // whoever reads slowly is looked after less and less often
        let mut next = (rest * 2).min(REST);
        places.retain_mut(|place| {
            let turn = place.turn(now);
            if turn == Turn::Busy {
                next = SHORT_REST;
            }
            let given_up = turn == Turn::Stuck && place.is_given_up(now);
            if given_up {
                tell_unwritten(place);
            }
            turn != Turn::Over && !given_up
        });
        rest = next;
    }
}

fn reopen(places: &mut [Place]) -> Report {
    let now = Instant::now();
    let opened: Vec<_> = places.iter_mut().map(|place| (place.reopen(now), place)).collect();
    let faults: Vec<_> = opened
        .iter()
        .filter_map(|(opened, place)| Some(format!("{}: {}", place.name(), opened.as_ref().err()?)))
        .collect();
    let files = opened.iter().filter(|(opened, _)| matches!(opened, Ok(true))).count();
    if faults.is_empty() { Ok(files) } else { Err(faults.join("\n")) }
}

/// Writes the rest. What fails is given up at once, what is slow after a while.
fn end(places: &mut Vec<Place>) {
    let due = Instant::now() + END_LIMIT;
    loop {
        let now = Instant::now();
        places.retain_mut(|place| match place.turn(now) {
            Turn::Idle | Turn::Over => false,
            Turn::Busy | Turn::Stuck => {
                let waits = !place.is_failing() && now < due;
                if !waits {
                    tell_unwritten(place);
                }
                waits
            }
        });
        if places.is_empty() {
            return;
        }
        std::thread::park_timeout(SHORT_REST);
    }
}

fn tell_unwritten(place: &mut Place) {
    let lines = place.unwritten();
    tracing::warn!(log = place.name(), lines, "lines of an access log are not written");
}
