//! Whether an endpoint is still there: while it owes an answer and says nothing, it is asked (RFC 9113 §6.7).

use std::task::{Context, Poll};
use std::time::Duration;

use h2::{Ping, PingPong};

use super::session::Session;
use crate::sys::timer::Timer;

/// The endpoint did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Silent;

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// Nothing: no request is open.
    None,
    /// Any word.
    Word,
    /// The answer to a PING, or any other word.
    Answer,
}

/// The PINGs of one connection.
pub(super) struct Heartbeat {
    pings: PingPong,
    timer: Timer,
    interval: Duration,
    timeout: Duration,
    wait: Wait,
    /// How much had come when the wait began.
    received: u64,
}

impl Heartbeat {
    pub(super) fn new(pings: PingPong, timer: Timer, interval: Duration, timeout: Duration) -> Self {
        Self { pings, timer, interval, timeout, wait: Wait::None, received: 0 }
    }

    /// Ready when the endpoint is not there any more.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, session: &Session) -> Poll<Silent> {
        // an answer that came too late for its wait is taken off, so that the next PING can be sent
        let _ = self.pings.poll_pong(cx);
        let received = session.link.received.get();
        let wait = match (session.open(), self.wait) {
            (0, _) => Wait::None,
            (_, wait) if wait == Wait::None || received != self.received => Wait::Word,
            (_, wait) => wait,
        };
        if wait != self.wait || received != self.received {
            self.begin(wait, received);
        }
        while self.timer.poll_fired(cx) {
            if self.wait == Wait::Answer {
                return Poll::Ready(Silent);
            }
            // one that is on its way still will do
            let _ = self.pings.send_ping(Ping::opaque());
            self.begin(Wait::Answer, received);
        }
        Poll::Pending
    }

    fn begin(&mut self, wait: Wait, received: u64) {
        (self.wait, self.received) = (wait, received);
        self.timer.arm(match wait {
            Wait::None => None,
            Wait::Word => Some(self.timer.now() + self.interval),
            Wait::Answer => Some(self.timer.now() + self.timeout),
        });
    }
}
