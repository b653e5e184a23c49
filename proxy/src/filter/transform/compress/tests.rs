use std::collections::VecDeque;
use std::io::Read;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use super::super::encoder::Encoders;
use super::*;
use crate::codec::buffer::BufferPool;
use crate::codec::fields::Fields;

/// What a source does next.
enum Event {
    Chunk(Vec<u8>),
    Pause,
    Fault(BodyFault),
}

struct Script(VecDeque<Event>, usize);

impl Script {
    fn of(events: impl IntoIterator<Item = Event>) -> Self {
        Self(events.into_iter().collect(), 0)
    }
}

impl Source for Script {
    fn poll_fill(&mut self, _: &mut Context<'_>) -> Poll<Result<Fill, BodyFault>> {
        match self.0.front() {
            None => Poll::Ready(Ok(Fill::End)),
            Some(Event::Chunk(_)) => Poll::Ready(Ok(Fill::Payload)),
            Some(Event::Fault(fault)) => Poll::Ready(Err(*fault)),
            Some(Event::Pause) => {
                self.0.pop_front();
                Poll::Pending
            }
        }
    }

    fn payload(&self) -> &[u8] {
        match self.0.front() {
            Some(Event::Chunk(chunk)) => &chunk[self.1..],
            _ => &[],
        }
    }

    fn consume(&mut self, count: usize) {
        self.1 += count;
        if self.payload().is_empty() {
            self.0.pop_front();
            self.1 = 0;
        }
    }

    fn trailers(&self) -> Option<&Fields> {
        None
    }
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn compress() -> Compress {
    let encoder = Encoders::of(&Arc::default()).lend(Algorithm::Gzip, 5, u64::MAX).expect("an encoder");
    Compress::new(encoder, Rc::new(BufferPool::default()).lend())
}

/// Polls until it pauses, ends or fails.
fn drain(compress: &mut Compress, source: &mut Script, to: &mut Vec<u8>) -> Poll<Result<Fill, BodyFault>> {
    loop {
        match compress.poll_fill(&mut Context::from_waker(Waker::noop()), source) {
            Poll::Ready(Ok(Fill::Payload)) => {
                let count = compress.payload().len();
                to.extend_from_slice(compress.payload());
                compress.consume(count);
            }
            other => return other,
        }
    }
}

fn decoded(bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut decoded = Vec::new();
    let whole = flate2::read::GzDecoder::new(bytes).read_to_end(&mut decoded).is_ok();
    (decoded, whole)
}

#[test]
fn what_came_is_let_out_when_the_source_pauses_and_once_only() {
    let chunk = |text: &str| Event::Chunk(text.into());
    let mut source =
        Script::of([chunk("data: 1\n\n"), Event::Pause, Event::Pause, chunk("data: 2\n\n"), Event::Pause]);
    let (mut compress, mut sent) = (compress(), Vec::new());
    // a flush asks the source once more, so that it wakes the task
    assert!(drain(&mut compress, &mut source, &mut sent).is_pending());
    assert_eq!(decoded(&sent), (b"data: 1\n\n".to_vec(), false));
    assert!(!compress.output.has_memory(), "it waits without a buffer");
    let before = sent.len();
    assert!(drain(&mut compress, &mut source, &mut sent).is_ready());
    assert_eq!(decoded(&sent), (b"data: 1\n\ndata: 2\n\n".to_vec(), true));
    assert!(sent.len() > before);
    assert_eq!(compress.read(), 18);
    assert_eq!(drain(&mut compress, &mut source, &mut sent), Poll::Ready(Ok(Fill::End)));
}

#[test]
fn nothing_is_flushed_where_nothing_pauses() {
    let text = vec![b'a'; 10_000];
    let sent = |events: Vec<Event>| {
        let (mut compress, mut sent) = (compress(), Vec::new());
        let mut source = Script::of(events);
        while drain(&mut compress, &mut source, &mut sent).is_pending() {}
        assert_eq!(decoded(&sent), (text.clone(), true));
        sent.len()
    };
    let whole = sent(vec![Event::Chunk(text.clone())]);
    let halves = || text.chunks(5000).map(|half| Event::Chunk(half.into()));
    assert_eq!(sent(halves().collect()), whole);
    assert_eq!(sent([Event::Pause].into_iter().chain(halves()).collect()), whole);
    assert!(sent(halves().flat_map(|half| [half, Event::Pause]).collect()) > whole);
}

#[test]
fn what_came_before_a_fault_is_passed_on_and_nothing_ends() {
    let mut source = Script::of([Event::Chunk(b"half of it".to_vec()), Event::Fault(BodyFault::Truncated)]);
    let (mut compress, mut sent) = (compress(), Vec::new());
    for _ in 0..2 {
        let ended = drain(&mut compress, &mut source, &mut sent);
        assert_eq!(ended, Poll::Ready(Err(BodyFault::Truncated)));
        assert_eq!(decoded(&sent), (b"half of it".to_vec(), false));
    }
}

#[test]
fn others_have_their_turn() {
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut cx = Context::from_waker(&waker);
    let chunks = (0..64).map(|_| Event::Chunk(vec![b'a'; 16 << 10]));
    let (mut compress, mut source) = (compress(), Script::of(chunks));
    let (mut turns, mut sent) = (0, Vec::new());
    loop {
        match compress.poll_fill(&mut cx, &mut source) {
            Poll::Pending => {
                turns += 1;
                assert_eq!(wakes.0.load(Ordering::Relaxed), turns, "it comes back by itself");
            }
            Poll::Ready(Ok(Fill::Payload)) => {
                let count = compress.payload().len();
                sent.extend_from_slice(compress.payload());
                compress.consume(count);
            }
            Poll::Ready(Ok(Fill::End)) => break,
            Poll::Ready(Err(fault)) => panic!("{fault:?}"),
        }
    }
    assert_eq!(turns, (1 << 20) / SLICE_BYTES - 1);
    assert_eq!(decoded(&sent), (vec![b'a'; 1 << 20], true));
}
