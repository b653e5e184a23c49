//! Bytes in both directions after an upgrade or `CONNECT`, each side with its own end.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::codec::body::{Pump, Sink, Source};
use crate::codec::h1::Wired;
use crate::sys::timer::{Timer, Waits};
use crate::upstream::http1::Attempt;

/// How long a tunnel may stand still.
const IDLE: Duration = Duration::from_secs(3600);

/// How long it may stand still once one of its sides has ended.
const HALF_OPEN: Duration = Duration::from_secs(60);

/// One direction: everything, then the end.
#[derive(Debug, Default)]
struct Way {
    pump: Pump,
    closed: bool,
}

impl Way {
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        source: &mut impl Source,
        sink: &mut impl Sink,
    ) -> Poll<Result<(), ()>> {
        if self.pump.is_done() {
            Poll::Ready(Ok(()))
        } else {
            self.pump.poll(cx, source, sink).map_err(|_| ())
        }
    }
}

/// Passes bytes until both sides have ended, or one has failed. Gives the octets up and down.
pub async fn tunnel<C: Wired>(caller: &mut C, attempt: &mut Attempt, timer: &Timer) -> (u64, u64) {
    caller.wire_mut().begin_tunnel();
    attempt.wire_mut().begin_tunnel();
    let (mut up, mut down) = (Way::default(), Way::default());
    let mut seen = None;
    poll_fn(|cx| {
        let Ok(up_done) = ready_or_broken(up.poll(cx, caller, attempt)) else { return Poll::Ready(()) };
        if up_done && !up.closed && attempt.wire_mut().poll_close(cx).is_ready() {
            up.closed = true;
        }
        let Ok(down_done) = ready_or_broken(down.poll(cx, attempt, caller)) else { return Poll::Ready(()) };
        if down_done && !down.closed && caller.wire_mut().poll_close(cx).is_ready() {
            down.closed = true;
        }
        let state = (up.pump.moved(), down.pump.moved(), up.closed || down.closed);
        if seen.replace(state) != Some(state) {
            let limit = if state.2 { HALF_OPEN } else { IDLE };
            timer.arm_for(Waits::Tunnel, Some(timer.now() + limit));
        }
        if (up.closed && down.closed) || timer.poll_fired(cx) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    (up.pump.moved(), down.pump.moved())
}

fn ready_or_broken(poll: Poll<Result<(), ()>>) -> Result<bool, ()> {
    match poll {
        Poll::Pending => Ok(false),
        Poll::Ready(Ok(())) => Ok(true),
        Poll::Ready(Err(())) => Err(()),
    }
}
