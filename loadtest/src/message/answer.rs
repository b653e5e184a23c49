//! One answer after the other, from whatever pieces the connection gives.

use std::mem::MaybeUninit;

use super::body::Body;
use super::field::Framing;
use super::pieces::{FIELDS_MAX, Malformed, Pieces};

/// What is kept of the value that names a version, in bytes.
const VERSION_BYTES_MAX: usize = 64;

/// What of the request an answer depends on.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The method is `HEAD`: the answer has no body.
    pub head: bool,
    /// The field that names the version that answers.
    pub version_header: String,
}

/// How far an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// More has to come.
    Partial,
    /// The answer is whole, and nothing came behind it.
    Whole,
}

/// The answer that is being read. Nothing of it is kept but what is counted.
#[derive(Debug, Default)]
pub struct Answer {
    pieces: Pieces,
    seen: Option<Seen>,
    payload_bytes: u64,
    version: Vec<u8>,
}

/// What a final head said.
#[derive(Debug, Clone, Copy)]
struct Seen {
    status: u16,
    keep_alive: bool,
    body: Option<Body>,
}

impl Answer {
    /// Makes ready for the next answer.
    pub fn begin(&mut self) {
        self.pieces = Pieces::default();
        (self.seen, self.payload_bytes) = (None, 0);
        self.version.clear();
    }

    /// The status, once there is one.
    pub fn status(&self) -> Option<u16> {
        self.seen.map(|seen| seen.status)
    }

    /// The value of the field that names a version; empty where the answer has none.
    pub fn version(&self) -> &[u8] {
        &self.version
    }

    /// How much of the body came.
    pub fn payload_bytes(&self) -> u64 {
        self.payload_bytes
    }

    /// Whether the connection may be asked again.
    pub fn keep_alive(&self) -> bool {
        self.seen.is_some_and(|seen| seen.keep_alive)
    }

    /// Whether the end of the connection is the end of the answer.
    pub fn ends_with_connection(&self) -> bool {
        self.seen.is_some_and(|seen| seen.body == Some(Body::UntilClose))
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// When they are no answer, or more than one.
    pub fn take(&mut self, mut bytes: &[u8], asked: &Asked) -> Result<Progress, Malformed> {
        while self.seen.is_none() {
            let version = &mut self.version;
            let Some(seen) = self.pieces.take(&mut bytes, |head| parse(head, asked, version))? else {
                return Ok(Progress::Partial);
            };
            let is_final = seen.status >= 200 || seen.status == 101;
            self.seen = is_final.then_some(seen);
        }
        match self.seen.as_mut().and_then(|seen| seen.body.as_mut()) {
            None => {
                if bytes.is_empty() {
                    Ok(Progress::Whole)
                } else {
                    Err(Malformed)
                }
            }
            Some(body) => {
                let taken = body.take(bytes)?;
                self.payload_bytes += taken.payload;
                match (taken.whole, taken.bytes == bytes.len()) {
                    (true, true) => Ok(Progress::Whole),
                    (true, false) => Err(Malformed),
                    (false, _) => Ok(Progress::Partial),
                }
            }
        }
    }
}

fn parse(bytes: &[u8], asked: &Asked, version: &mut Vec<u8>) -> Result<Option<(usize, Seen)>, Malformed> {
    let mut fields = [const { MaybeUninit::uninit() }; FIELDS_MAX];
    let mut head = httparse::Response::new(&mut []);
    let parsed = httparse::ParserConfig::default()
        .parse_response_with_uninit_headers(&mut head, bytes, &mut fields)
        .map_err(|_| Malformed)?;
    let httparse::Status::Complete(length) = parsed else { return Ok(None) };
    let status = head.code.ok_or(Malformed)?;
    // what an interim head said is not of the answer
    version.clear();
    let mut framing = Framing::new(head.version);
    for field in head.headers.iter() {
        framing.read(field.name, field.value)?;
        if field.name.eq_ignore_ascii_case(&asked.version_header) {
            version.clear();
            version.extend(field.value.iter().take(VERSION_BYTES_MAX));
        }
    }
    let body = match status {
        _ if asked.head => None,
        204 | 304 => None,
        // whatever it switched to, nobody asked for it
        101 => Some(Body::UntilClose),
        _ => framing.answer_body(),
    };
    let keep_alive = framing.keep_alive && body != Some(Body::UntilClose);
    Ok(Some((length, Seen { status, keep_alive, body })))
}

#[cfg(test)]
mod tests;
