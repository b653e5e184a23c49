//! What a peer may make the crate do. The crate answers PING, SETTINGS and the like by itself, and nobody above it hears of them;
//! here they are counted as they pass, and a frame that is one too many, or none at all, never reaches it.
//!
//! The terms are those of Envoy's flood protection (`http2_protocol_options`), the budget by time is our own: a connection may
//! live for days, and what its traffic calls for costs nothing.

use std::io::IoSlice;
use std::time::Duration;

use h2::Reason;
use tokio::io::ReadBuf;
use tokio::time::Instant;

use super::credit::FIRST_WINDOW;
use super::frames::{
    ACK, DATA, END_STREAM, Frame, Frames, GOAWAY, HEADERS, PADDED, PING, PRIORITISED, PRIORITY, PUSH_PROMISE,
    RST_STREAM, SETTINGS, WINDOW_UPDATE,
};

#[cfg(test)]
mod tests;

/// The time for which the limits hold.
const PERIOD: Duration = Duration::from_secs(1);

/// What a client begins with (RFC 9113 §3.4).
const CLIENT_PREFACE_BYTES: u32 = 24;

/// Control frames of an endpoint within a period, beyond what its traffic calls for.
const ENDPOINT_CONTROL_MAX: u32 = 1000;

/// What one head may bring with it: its priority, what it says of its window, the end of its body, a reset.
const EARNED_BY_HEAD: u32 = 8;

/// What one frame of DATA may be answered with: more room for the stream and for the connection, a PING that measures, and its
/// acknowledgement.
const EARNED_BY_DATA: u32 = 4;

/// Octets of a payload that nobody reads, and that count as one more frame.
const OCTETS_PER_FRAME: u32 = 1024;

/// SETTINGS_ENABLE_PUSH (RFC 9113 §6.5.2).
const ENABLE_PUSH: u16 = 2;

/// SETTINGS_INITIAL_WINDOW_SIZE, and the largest that it may be (RFC 9113 §6.5.2).
const INITIAL_WINDOW_SIZE: u16 = 4;
const WINDOW_MAX: u32 = u32::MAX >> 1;

/// Why a connection is ended.
#[derive(thiserror::Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    /// More control frames than its traffic calls for.
    #[error("more control frames than the traffic calls for")]
    Control,
    /// More requests taken back than answered.
    #[error("more requests taken back than answered")]
    Resets,
    /// A frame of a size that its type does not have.
    #[error("a frame of a size that its type does not have")]
    Size,
    /// A window that is larger than any.
    #[error("a window that is larger than any")]
    Window,
    /// A frame that may not stand where it does.
    #[error("a frame that may not stand where it does")]
    Order,
}

impl Breach {
    /// The code that the peer is told.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Self::Control | Self::Resets => Reason::ENHANCE_YOUR_CALM,
            Self::Size => Reason::FRAME_SIZE_ERROR,
            Self::Window => Reason::FLOW_CONTROL_ERROR,
            Self::Order => Reason::PROTOCOL_ERROR,
        }
    }
}

/// So many within a period, and what was earned beyond.
#[derive(Debug)]
struct Allowance {
    limit: u32,
    left: u32,
    since: Instant,
}

impl Allowance {
    fn new(limit: u32, now: Instant) -> Self {
        Self { limit, left: limit, since: now }
    }

    fn earn(&mut self, count: u32) {
        self.left = self.left.saturating_add(count);
    }

    fn spend(&mut self, count: u32, now: Instant) -> bool {
        if self.left < count && now.saturating_duration_since(self.since) >= PERIOD {
            self.left = self.limit;
            self.since = now;
        }
        let left = self.left.checked_sub(count);
        self.left = left.unwrap_or(0);
        left.is_some()
    }
}

/// Requests that have ended without anybody above the crate having heard of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unheard {
    /// They were refused, and may be sent again.
    pub refused: u32,
    /// Their heads were so large that the crate has answered them itself.
    pub oversized: u32,
}

/// What passes on one connection, both ways.
#[derive(Debug)]
pub struct Guard {
    received: Frames,
    sent: Frames,
    begun: bool,
    refused: bool,
    control: Allowance,
    /// For clients: an endpoint resets what we have asked, and nothing else.
    resets: Option<Allowance>,
    credit: i64,
}

impl Guard {
    /// Guards against a client by the limits within a second on control frames and on resets.
    #[must_use]
    pub fn of_client(control: u32, resets: u32, now: Instant) -> Self {
        Self {
            received: Frames::behind(CLIENT_PREFACE_BYTES),
            sent: Frames::behind(0),
            begun: false,
            refused: false,
            control: Allowance::new(control, now),
            resets: Some(Allowance::new(resets, now)),
            credit: FIRST_WINDOW.into(),
        }
    }

    /// Guards against an endpoint, who begins with its settings.
    #[must_use]
    pub fn of_endpoint(now: Instant) -> Self {
        let (received, sent) = (Frames::behind(0), Frames::behind(CLIENT_PREFACE_BYTES));
        let control = Allowance::new(ENDPOINT_CONTROL_MAX, now);
        let credit = FIRST_WINDOW.into();
        Self { received, sent, begun: false, refused: false, control, resets: None, credit }
    }

    /// Judges what was received behind the first octets of a window, and takes that away again which may not be read.
    ///
    /// # Errors
    /// Why the connection has to end; what is left in the window may still be read.
    pub fn receive(&mut self, window: &mut ReadBuf<'_>, before: usize, now: Instant) -> Result<(), Breach> {
        let received = window.filled().get(before..).unwrap_or_default();
        self.judge(received, now).map_err(|(intact, breach)| {
            window.set_filled(before + intact);
            breach
        })
    }

    /// What is wrong with these octets, and how many of them stand in front of that.
    fn judge(&mut self, octets: &[u8], now: Instant) -> Result<(), (usize, Breach)> {
        let Self { received, begun, control, resets, credit, .. } = self;
        received.pass(octets, |frame| {
            if frame.kind == DATA {
                *credit -= i64::from(frame.length);
            }
            if frame.kind == DATA && frame.length > 0 && *begun {
                return Ok(());
            }
            check(frame, begun, resets.is_none())?;
            if frame.kind == HEADERS {
                control.earn(EARNED_BY_HEAD);
                return Ok(());
            }
            if frame.kind == RST_STREAM && resets.as_mut().is_some_and(|resets| !resets.spend(1, now)) {
                return Err(Breach::Resets);
            }
            let free = frame.kind == DATA && frame.flags & END_STREAM != 0;
            let price = if free { 0 } else { 1 + frame.length / OCTETS_PER_FRAME };
            if control.spend(price, now) { Ok(()) } else { Err(Breach::Control) }
        })
    }

    /// What the peer may send on the connection, as far as it was told (RFC 9113 §6.9.1).
    #[must_use]
    pub fn credit(&self) -> i64 {
        self.credit
    }

    /// Whether the peer was told that the connection ends by a fault of its own.
    #[must_use]
    pub fn has_refused(&self) -> bool {
        self.refused
    }

    /// Notes that so many octets of these were sent: they earn the peer what they call for. Of streams up to `begun` the heads
    /// are those of others.
    pub fn send_some(&mut self, slices: &[IoSlice<'_>], mut count: usize, begun: u32) -> Unheard {
        let mut unheard = Unheard::default();
        for slice in slices {
            let (sent, _) = slice.split_at_checked(count).unwrap_or((slice, &[]));
            count -= sent.len();
            self.send(sent, begun, &mut unheard);
        }
        unheard
    }

    fn send(&mut self, octets: &[u8], begun: u32, unheard: &mut Unheard) {
        let Self { sent, control, resets, refused: ended, credit, .. } = self;
        let seen = sent.pass(octets, |frame| {
            match frame.kind {
                DATA => control.earn(EARNED_BY_DATA),
                GOAWAY => *ended |= frame.payload.get(4..8) != Some(&[0; 4]),
                RST_STREAM => unheard.refused += u32::from(frame.payload == [0, 0, 0, 7]),
                HEADERS => unheard.oversized += u32::from(frame.stream > begun),
                WINDOW_UPDATE if frame.stream == 0 => *credit += granted(frame.payload),
                _ => {}
            }
            let ends = matches!(frame.kind, DATA | HEADERS) && frame.flags & END_STREAM != 0;
            if let Some(resets) = resets.as_mut().filter(|_| ends) {
                resets.earn(1);
            }
            Ok::<_, std::convert::Infallible>(())
        });
        let Ok(()) = seen;
    }
}

/// The octets that a WINDOW_UPDATE grants.
fn granted(payload: &[u8]) -> i64 {
    payload.try_into().map_or(0, |octets| u32::from_be_bytes(octets).into())
}

/// What the crate does not check, or answers with another code than the one that is due.
fn check(frame: &Frame<'_>, begun: &mut bool, of_endpoint: bool) -> Result<(), Breach> {
    let acknowledges = frame.flags & ACK != 0;
    let length = frame.length;
    if frame.kind == PUSH_PROMISE || !(*begun || (frame.kind == SETTINGS && !acknowledges)) {
        return Err(Breach::Order);
    }
    *begun = true;
    let padded = u32::from(frame.flags & PADDED != 0);
    let sized = match frame.kind {
        DATA => length >= padded,
        HEADERS if frame.flags & PRIORITISED != 0 => length >= padded + 5,
        HEADERS => length >= padded,
        PRIORITY => length == 5,
        RST_STREAM | WINDOW_UPDATE => length == 4,
        SETTINGS if acknowledges => length == 0,
        SETTINGS => length.is_multiple_of(6),
        PING => length == 8,
        GOAWAY => length >= 8,
        _ => true,
    };
    if !sized {
        Err(Breach::Size)
    } else if frame.kind == SETTINGS {
        frame.payload.chunks_exact(6).try_for_each(|setting| check_setting(setting, of_endpoint))
    } else {
        Ok(())
    }
}

fn check_setting(setting: &[u8], of_endpoint: bool) -> Result<(), Breach> {
    let [a, b, c, d, e, f] = *setting else { return Ok(()) };
    match (u16::from_be_bytes([a, b]), u32::from_be_bytes([c, d, e, f])) {
        (INITIAL_WINDOW_SIZE, size) if size > WINDOW_MAX => Err(Breach::Window),
        // who is asked does not ask for answers to nothing
        (ENABLE_PUSH, 1) if of_endpoint => Err(Breach::Order),
        _ => Ok(()),
    }
}
