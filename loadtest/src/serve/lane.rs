//! The threads that answer, and what each has for its connections.

use std::cell::RefCell;
use std::io;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_local;

use super::connection::Connection;
use super::http2::Usual;
use super::reply::{Replies, Reply};
use crate::arguments::Faults;
use crate::failure::Failure;
use crate::message::Question;
use crate::stream::Stream;
use crate::system;

/// Bytes that are read at once.
const SCRATCH_BYTES: usize = 64 * 1024;

/// Connections that a thread may leave waiting.
const WAITING_MAX: usize = 1024;

/// What requests are answered with, until an order changes it.
#[derive(Debug)]
pub struct Answers {
    /// Decides about requests.
    pub replies: Arc<Replies>,
    /// What most requests get by HTTP/2.
    pub usual: Usual,
}

impl Answers {
    fn new(replies: Arc<Replies>) -> Rc<Self> {
        Rc::new(Self { usual: Usual::new(&replies), replies })
    }
}

/// What a thread has for its connections.
#[derive(Debug)]
pub struct Lane {
    answers: RefCell<Rc<Answers>>,
    /// What is read is looked at here and forgotten.
    pub scratch: RefCell<Box<[u8]>>,
    asked: Arc<AtomicU64>,
}

impl Lane {
    /// What is answered now.
    pub fn answers(&self) -> Rc<Answers> {
        Rc::clone(&self.answers.borrow())
    }

    /// Counts a request, and decides about it; see [`Replies::decide`].
    pub fn decide(&self, answers: &Answers, question: &Question, number: u64) -> Reply {
        self.asked.fetch_add(1, Ordering::Relaxed);
        answers.replies.decide(question, number, &mut fastrand::f64)
    }
}

/// A connection on its way to its thread.
#[derive(Debug)]
pub enum Accepted {
    /// Over TCP.
    Tcp(std::net::TcpStream),
    /// Over a Unix socket.
    Unix(StdUnixStream),
}

impl Accepted {
    fn enter(self) -> io::Result<Stream> {
        match self {
            Self::Tcp(stream) => Stream::tcp(TcpStream::from_std(stream)?),
            Self::Unix(stream) => Ok(Stream::Unix(UnixStream::from_std(stream)?)),
        }
    }
}

/// What a thread is told.
enum Told {
    Serve(Accepted),
    /// Answer with this from now on, and say so.
    Answer(Arc<Replies>, oneshot::Sender<()>),
}

/// All threads.
#[derive(Debug, Clone)]
pub struct Lanes {
    senders: Vec<mpsc::Sender<Told>>,
    asked: Arc<AtomicU64>,
    version: String,
}

impl Lanes {
    /// Starts so many.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(count: usize, faults: Faults, version: String) -> Result<Self, Failure> {
        let asked = Arc::new(AtomicU64::new(0));
        let replies = Arc::new(Replies::new(faults, version.clone()));
        let senders = (0..count).map(|number| start(number, Arc::clone(&replies), Arc::clone(&asked)));
        Ok(Self { senders: senders.collect::<Result<_, _>>()?, asked, version })
    }

    /// Gives a connection to the thread whose turn it is.
    pub async fn serve(&self, turn: usize, accepted: Accepted) {
        if let Some(lane) = self.senders.get(turn % self.senders.len().max(1)) {
            // a thread is there as long as the process
            lane.send(Told::Serve(accepted)).await.unwrap_or_default();
        }
    }

    /// Requests that come from now on are answered like this: on all threads when it returns. Blocks.
    pub fn change(&self, faults: Faults) {
        let replies = Arc::new(Replies::new(faults, self.version.clone()));
        for lane in &self.senders {
            let (done, heard) = oneshot::channel();
            if lane.blocking_send(Told::Answer(Arc::clone(&replies), done)).is_ok() {
                heard.blocking_recv().unwrap_or_default();
            }
        }
    }

    /// How many requests have come.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

fn start(number: usize, replies: Arc<Replies>, asked: Arc<AtomicU64>) -> Result<mpsc::Sender<Told>, Failure> {
    let (sender, mut told) = mpsc::channel::<Told>(WAITING_MAX);
    let serves = move || {
        let runtime = system::runtime()?;
        let scratch = RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice());
        let lane = Rc::new(Lane { answers: RefCell::new(Answers::new(replies)), scratch, asked });
        runtime.block_on(async {
            while let Some(told) = told.recv().await {
                match told {
                    Told::Serve(accepted) => serve(&lane, accepted),
                    Told::Answer(replies, done) => {
                        lane.answers.replace(Answers::new(replies));
                        // whoever gave the order may have gone
                        done.send(()).unwrap_or_default();
                    }
                }
            }
        });
        Ok::<(), Failure>(())
    };
    let started = thread::Builder::new().name(format!("lane-{number}")).spawn(serves);
    started.map_err(Failure::system("cannot start a thread"))?;
    Ok(sender)
}

fn serve(lane: &Rc<Lane>, accepted: Accepted) {
    // one that has ended already is no loss
    let Ok(stream) = accepted.enter() else { return };
    let lane = Rc::clone(lane);
    let idle_close = lane.answers.borrow().replies.idle_close();
    // how a client leaves is its own affair
    spawn_local(async move { Connection::new(stream, idle_close).run(&lane).await.unwrap_or_default() });
}
