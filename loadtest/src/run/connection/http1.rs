//! A connection of HTTP/1.1: asks, reads, counts, and connects again where it was closed.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::turn::turn;
use crate::message::{Answer, Progress};
use crate::run::lane::Lane;
use crate::run::plan::Due;
use crate::run::tally::{Answered, Fault, Outcome};
use crate::run::watch::Slot;
use crate::stream::Stream;

/// How long a connection of a closed loop rests when it cannot connect: the next attempt would follow at once.
const REST: Duration = Duration::from_millis(10);

/// Asks until nothing is due any more.
pub async fn run(lane: Rc<Lane>, number: usize, mut stream: Option<Stream>) {
    let Some(slot) = lane.slots.get(number) else { return };
    let mut answer = Answer::default();
    slot.adopt().await;
    loop {
        // a connection that the other side has closed meanwhile is let go
        let look = |cx: &mut Context<'_>| {
            if stream.as_mut().is_some_and(|stream| is_spent(&lane, stream, cx)) {
                stream = None;
            }
        };
        let Some((due, now)) = turn(&lane, number, slot, look).await else { return };
        slot.wait_until(now + lane.timeout);
        answer.begin();
        let (sent, asked) = ask(&lane, slot, &mut stream, &mut answer, &due).await;
        slot.rest();
        let again =
            matches!(asked, Ok(())) && answer.keep_alive() && sent == lane.course.questions.bytes(due.index);
        if !again {
            stream = None;
        }
        let status = answer.status().unwrap_or_default();
        lane.record(
            &due,
            &Outcome {
                answer: asked.map(|()| Answered { status, version: answer.version(), grpc: None }),
                bytes_in: answer.payload_bytes(),
                bytes_out: lane.course.questions.body_bytes_of(due.index, sent),
            },
        );
        if asked == Err(Fault::Connect) && lane.pacer.is_closed() {
            tokio::time::sleep(REST).await;
        }
    }
}

/// Whether an idle connection has ended, or said something that nobody asked for.
fn is_spent(lane: &Lane, stream: &mut Stream, cx: &mut Context<'_>) -> bool {
    stream.poll_read(cx, &mut lane.scratch.borrow_mut()).is_ready()
}

/// Sends one request and reads its answer; gives how many bytes of the request went out.
async fn ask(
    lane: &Lane,
    slot: &Slot,
    stream: &mut Option<Stream>,
    answer: &mut Answer,
    due: &Due,
) -> (usize, Result<(), Fault>) {
    let stream = match stream {
        Some(stream) => stream,
        none => match slot.within(Box::pin(Stream::connect(&lane.course.place))).await {
            Ok(Ok(fresh)) => none.insert(fresh),
            _ => return (0, Err(Fault::Connect)),
        },
    };
    let mut sent = 0;
    let asked = poll_fn(|cx| {
        if slot.is_expired() {
            return Poll::Ready(Err(Fault::Timeout));
        }
        send(lane, stream, due, &mut sent, cx);
        receive(lane, stream, answer, cx)
    })
    .await;
    (sent, asked)
}

/// Sends what can be sent at once. That the other side takes no more is no fault yet: its answer may have come already.
fn send(lane: &Lane, stream: &mut Stream, due: &Due, sent: &mut usize, cx: &mut Context<'_>) {
    while *sent < lane.course.questions.bytes(due.index) {
        match stream.poll_write(cx, &lane.course.questions.unsent(due.index, *sent)) {
            Poll::Ready(Ok(count)) if count > 0 => *sent += count,
            _ => break,
        }
    }
}

fn receive(
    lane: &Lane,
    stream: &mut Stream,
    answer: &mut Answer,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Fault>> {
    let mut scratch = lane.scratch.borrow_mut();
    loop {
        let count = match stream.poll_read(cx, &mut scratch) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(0)) if answer.ends_with_connection() => return Poll::Ready(Ok(())),
            Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(Err(Fault::Reset)),
            Poll::Ready(Ok(count)) => count,
        };
        match answer.take(scratch.get(..count).unwrap_or_default(), lane.course.questions.asked()) {
            Ok(Progress::Partial) => {}
            Ok(Progress::Whole) => return Poll::Ready(Ok(())),
            Err(_) => return Poll::Ready(Err(Fault::Malformed)),
        }
    }
}
