//! Finds where a head ends, and that every one of its lines ends in CR LF.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::outcome::Reason;

/// A search for the end of a head that goes on where it stopped when more bytes came.
#[derive(Debug, Default, Clone, Copy)]
pub struct Scan {
    begun: bool,
    seen: usize,
}

/// An empty line.
static END: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\r\n\r\n"));

/// How many empty lines before a request line are overlooked (RFC 9112 §2.2).
const LEADING_BYTES: usize = 8;

impl Scan {
    /// How many bytes of `input` are empty lines before the head.
    ///
    /// # Errors
    /// There is a bare CR or LF, or there are too many of them.
    pub fn leading(input: &[u8]) -> Result<usize, Reason> {
        if input.first().is_none_or(u8::is_ascii_graphic) {
            return Ok(0);
        }
        let count = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let mut pairs = input.get(..count).unwrap_or_default().chunks(2);
        let plain = pairs.all(|pair| pair == b"\r\n" || pair == b"\r");
        if plain && count <= LEADING_BYTES { Ok(count / 2 * 2) } else { Err(Reason::BadRequest) }
    }

    /// The length of the head with its empty line, or `None` when more bytes are needed.
    ///
    /// # Errors
    /// A line ends in a bare LF, or the first byte cannot begin a head.
    pub fn end(&mut self, input: &[u8]) -> Result<Option<usize>, Reason> {
        if !self.begun {
            let Some(first) = input.first() else { return Ok(None) };
            // an empty line before the head, of which one half has come
            if input == b"\r" {
                return Ok(None);
            }
            if !first.is_ascii_graphic() {
                return Err(Reason::BadRequest);
            }
            self.begun = true;
        }
        // the end may have begun before what is new
        let searched = input.get(self.seen.saturating_sub(END.needle().len() - 1)..).unwrap_or_default();
        let end = END.find(searched).map(|found| input.len() - searched.len() + found + END.needle().len());
        let checked = input.get(self.seen.saturating_sub(1)..end.unwrap_or(input.len())).unwrap_or_default();
        if has_bare_line_feed(checked) {
            return Err(Reason::BadRequest);
        }
        self.seen = input.len();
        Ok(end)
    }
}

/// How many bytes are compared at once, each with its follower.
const STEP: usize = 16;

/// Whether a line ends in LF alone. The last step overlaps the one before it, so that no byte is left for a slower way.
fn has_bare_line_feed(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk() else { return has_bare(bytes) };
    let mut steps = bytes.windows(STEP + 1).step_by(STEP).filter_map(<[u8]>::first_chunk);
    has_bare_in_step(last) || steps.any(has_bare_in_step)
}

fn has_bare_in_step(step: &[u8; STEP + 1]) -> bool {
    has_bare(step)
}

/// Without a branch per byte.
#[inline]
fn has_bare(bytes: &[u8]) -> bool {
    let followers = bytes.get(1..).unwrap_or_default();
    let pairs = bytes.iter().zip(followers);
    pairs.fold(false, |bare, (byte, follower)| bare | ((*follower == b'\n') & (*byte != b'\r')))
}
