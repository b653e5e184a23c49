//! Bytes in both directions after an upgrade or `CONNECT`, each side with its own end.

use std::future::poll_fn;
use std::task::{Context, Poll};

use towpath_config::model::Policy;

use crate::codec::body::{Pump, Sink, Source};
use crate::codec::h1::Wired;
use crate::sys::timer::{Timer, Waits};
use crate::sys::transport::Transport;
use crate::upstream::http1::Attempt;

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

/// How a tunnel ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Both sides had ended.
    Closed,
    /// One side failed or was reset, and the other must see that what it got may not be all.
    Broken,
    /// Nothing moved for too long.
    TimedOut,
}

/// Passes bytes until both sides have ended, one has failed, or nothing has moved for too long. An upstream whose caller
/// failed is reset.
pub async fn tunnel<C: Wired>(caller: &mut C, attempt: &mut Attempt, timer: &Timer, policy: &Policy) -> End {
    let (idle, half_closed) = (**policy.tunnel_idle_timeout(), **policy.tunnel_half_closed_timeout());
    caller.wire_mut().begin_tunnel();
    attempt.wire_mut().begin_tunnel();
    let (mut up, mut down) = (Way::default(), Way::default());
    let mut seen = None;
    let end = poll_fn(|cx| {
        let Ok(up_done) = ready_or_broken(up.poll(cx, caller, attempt)) else {
            return Poll::Ready(End::Broken);
        };
        if up_done && !up.closed && attempt.wire_mut().poll_close(cx).is_ready() {
            up.closed = true;
        }
        let Ok(down_done) = ready_or_broken(down.poll(cx, attempt, caller)) else {
            return Poll::Ready(End::Broken);
        };
        if down_done && !down.closed && caller.wire_mut().poll_close(cx).is_ready() {
            down.closed = true;
        }
        let state = (up.pump.moved(), down.pump.moved(), up.closed || down.closed);
        if seen.replace(state) != Some(state) {
            let limit = if state.2 { half_closed } else { idle };
            timer.arm_for(Waits::Tunnel, limit.map(|limit| timer.now() + limit));
        }
        match (up.closed && down.closed, timer.poll_fired(cx)) {
            (true, _) => Poll::Ready(End::Closed),
            (false, true) => Poll::Ready(End::TimedOut),
            (false, false) => Poll::Pending,
        }
    })
    .await;
    if end == End::Broken {
        attempt.wire().io().into_iter().for_each(Transport::break_on_close);
    }
    end
}

fn ready_or_broken(poll: Poll<Result<(), ()>>) -> Result<bool, ()> {
    match poll {
        Poll::Pending => Ok(false),
        Poll::Ready(Ok(())) => Ok(true),
        Poll::Ready(Err(())) => Err(()),
    }
}
