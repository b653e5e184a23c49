//! Finds where a head ends, and that every one of its lines ends in CR LF.

use crate::outcome::Reason;

/// A search for the end of a head that goes on where it stopped when more bytes came.
#[derive(Debug, Default, Clone, Copy)]
pub struct Scan {
    begun: bool,
    seen: usize,
}

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
    /// A line ends in a bare LF or begins with a bare CR, or the first byte cannot begin a head.
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
        // of what was seen, the last LF may show only now what it ends
        let from = self.seen.saturating_sub(b"\r\n\r".len());
        self.seen = input.len();
        let Some(turn) = find_turn(input.get(from..).unwrap_or_default()) else { return Ok(None) };
        let end = from + turn;
        match input.get(end - 1..).unwrap_or_default() {
            [b'\r', b'\n', b'\r', b'\n', ..] => Ok(Some(end + b"\n\r\n".len())),
            b"\r\n\r" => Ok(None),
            _ => Err(Reason::BadRequest),
        }
    }
}

/// How many bytes are compared at once, each with its neighbours.
const STEP: usize = 16;

/// Where the first LF stands that does not end one plain line before another: no CR comes before it, or a CR follows.
fn find_turn(bytes: &[u8]) -> Option<usize> {
    let steps = |from| bytes.get(from..).unwrap_or_default().as_chunks::<STEP>().0;
    let (before, this, behind) = (steps(0), steps(1), steps(2));
    let mut triples = before.iter().zip(this).zip(behind);
    let step = triples.position(|((before, this), behind)| has_turn(before, this, behind));
    let start = step.unwrap_or(behind.len()) * STEP;
    let rest = bytes.get(start..).unwrap_or_default();
    let mut pairs = rest.iter().zip(rest.get(1..).unwrap_or_default()).enumerate();
    let turn = pairs.find(|(at, (before, this))| {
        **this == b'\n' && (**before != b'\r' || rest.get(at + 2) == Some(&b'\r'))
    });
    turn.map(|(at, _)| start + at + 1)
}

/// Without a branch per byte.
fn has_turn(before: &[u8; STEP], this: &[u8; STEP], behind: &[u8; STEP]) -> bool {
    before.iter().zip(this).zip(behind).fold(false, |turn, ((before, this), behind)| {
        turn | ((*this == b'\n') & ((*before != b'\r') | (*behind == b'\r')))
    })
}
