//! Frames, seen as they pass (RFC 9113 §4.1): where each begins, what it is, and of small ones what they say. None is held back,
//! and nothing is copied but what the end of a read cuts in two.

#[cfg(test)]
mod tests;

/// DATA (RFC 9113 §6.1).
pub const DATA: u8 = 0;
/// HEADERS (RFC 9113 §6.2).
pub const HEADERS: u8 = 1;
/// PRIORITY (RFC 9113 §6.3).
pub const PRIORITY: u8 = 2;
/// RST_STREAM (RFC 9113 §6.4).
pub const RST_STREAM: u8 = 3;
/// SETTINGS (RFC 9113 §6.5).
pub const SETTINGS: u8 = 4;
/// PUSH_PROMISE (RFC 9113 §6.6).
pub const PUSH_PROMISE: u8 = 5;
/// PING (RFC 9113 §6.7).
pub const PING: u8 = 6;
/// GOAWAY (RFC 9113 §6.8).
pub const GOAWAY: u8 = 7;
/// WINDOW_UPDATE (RFC 9113 §6.9).
pub const WINDOW_UPDATE: u8 = 8;

/// What ends a stream: a flag of DATA and HEADERS.
pub const END_STREAM: u8 = 1;
/// A flag of DATA and HEADERS: the first octet says how much padding there is.
pub const PADDED: u8 = 8;
/// A flag of HEADERS: a dependency and a weight stand in front.
pub const PRIORITISED: u8 = 0x20;
/// What answers: a flag of SETTINGS and PING.
pub const ACK: u8 = 1;

/// Octets in front of a payload.
const HEAD_BYTES: usize = 9;

/// The largest payload that is looked at: nine settings, which is more than there are, or a GOAWAY and a few words.
const PAYLOAD_BYTES_MAX: usize = 54;

/// One frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its type.
    pub kind: u8,
    /// Its flags.
    pub flags: u8,
    /// The stream it belongs to; 0 is the connection.
    pub stream: u32,
    /// Octets of its payload.
    pub length: u32,
    /// The payload of RST_STREAM, SETTINGS, GOAWAY and WINDOW_UPDATE, unless it is longer than most; empty of all others.
    pub payload: &'a [u8],
}

/// Where the frames of one direction stand.
#[derive(Debug)]
pub struct Frames {
    /// Octets that still belong to what was seen.
    left: u32,
    held: usize,
    /// The beginning of a frame that a read cut in two.
    cut: [u8; HEAD_BYTES + PAYLOAD_BYTES_MAX],
}

impl Frames {
    /// Frames that begin behind so many octets.
    #[must_use]
    pub fn behind(octets: u32) -> Self {
        Self { left: octets, held: 0, cut: [0; HEAD_BYTES + PAYLOAD_BYTES_MAX] }
    }

    /// Sees what passes next, and shows each frame that begins in it, or that can be told only now.
    ///
    /// # Errors
    /// What `judge` says of a frame, and how many of these octets stand in front of it.
    pub fn pass<E>(
        &mut self,
        octets: &[u8],
        mut judge: impl FnMut(&Frame<'_>) -> Result<(), E>,
    ) -> Result<(), (usize, E)> {
        let mut rest = octets;
        loop {
            let skipped = rest.len().min(self.left as usize);
            self.left -= skipped as u32;
            rest = rest.get(skipped..).unwrap_or_default();
            if rest.is_empty() {
                return Ok(());
            }
            let before = octets.len() - rest.len();
            let (frame, taken) = if self.held == 0 {
                let Some(frame) = read(rest) else {
                    self.hold(rest);
                    return Ok(());
                };
                (frame, HEAD_BYTES + frame.payload.len())
            } else {
                let held = self.held;
                self.hold(rest);
                let Some(frame) = read(self.cut.get(..self.held).unwrap_or_default()) else { return Ok(()) };
                self.held = 0;
                (frame, (HEAD_BYTES + frame.payload.len()).saturating_sub(held))
            };
            self.left = frame.length - frame.payload.len() as u32;
            judge(&frame).map_err(|fault| (before, fault))?;
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    /// Keeps what there is of a frame, and room allows.
    fn hold(&mut self, octets: &[u8]) {
        let room = self.cut.get_mut(self.held..).unwrap_or_default();
        let count = room.len().min(octets.len());
        for (to, from) in room.iter_mut().zip(octets) {
            *to = *from;
        }
        self.held += count;
    }
}

/// The frame that begins here, unless more of it has to come first.
fn read(octets: &[u8]) -> Option<Frame<'_>> {
    let [a, b, c, kind, flags, stream @ ..] = *octets.first_chunk::<HEAD_BYTES>()?;
    let length = u32::from_be_bytes([0, a, b, c]);
    let told = match kind {
        RST_STREAM | SETTINGS | GOAWAY | WINDOW_UPDATE if length as usize <= PAYLOAD_BYTES_MAX => {
            length as usize
        }
        _ => 0,
    };
    let payload = octets.get(HEAD_BYTES..HEAD_BYTES + told)?;
    // the first bit of a stream's number is reserved
    let stream = u32::from_be_bytes(stream) & (u32::MAX >> 1);
    Some(Frame { kind, flags, stream, length, payload })
}
