//! One request after the other, from whatever pieces the connection gives.

use std::borrow::Cow;
use std::mem::MaybeUninit;

use super::body::Body;
use super::field::Framing;
use super::pieces::{FIELDS_MAX, Malformed, Pieces};

/// The field, and the query parameter, that ask for a fault.
const WISH: &str = "x-load";

/// What an answer depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The method is `HEAD`: the answer has no body.
    pub head: bool,
    /// Whether the connection may be asked again.
    pub keep_alive: bool,
    /// What the request wishes for itself.
    pub wish: Option<String>,
    /// It is a call of gRPC.
    pub grpc: bool,
}

impl From<&http::request::Parts> for Question {
    fn from(head: &http::request::Parts) -> Self {
        let field = |name| head.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let asked = head.uri.path_and_query().map_or("", |asked| asked.as_str());
        Self {
            head: head.method == http::Method::HEAD,
            keep_alive: true,
            wish: field(WISH).map(Cow::into_owned).or_else(|| query_wish(asked)),
            grpc: field("content-type").is_some_and(|kind| kind.starts_with("application/grpc")),
        }
    }
}

/// What a call of [`Questions::take`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// More has to come.
    Partial,
    /// Whoever asks waits for a word before it sends the body.
    Expects,
    /// A whole request.
    Asked(Question),
}

/// The request that is being read.
#[derive(Debug, Default)]
pub struct Questions {
    pieces: Pieces,
    current: Option<(Question, Option<Body>)>,
}

impl Questions {
    /// Reads up to the next event from the front of `bytes` and leaves what comes behind it.
    ///
    /// # Errors
    /// When the bytes are no request.
    pub fn take(&mut self, bytes: &mut &[u8]) -> Result<Event, Malformed> {
        if self.current.is_none() {
            let Some((question, body, expects)) = self.pieces.take(bytes, parse)? else {
                return Ok(Event::Partial);
            };
            self.current = Some((question, body));
            if expects {
                return Ok(Event::Expects);
            }
        }
        if let Some((_, Some(body))) = &mut self.current {
            let taken = body.take(bytes)?;
            *bytes = bytes.get(taken.bytes..).unwrap_or_default();
            if !taken.whole {
                return Ok(Event::Partial);
            }
        }
        Ok(self.current.take().map_or(Event::Partial, |(question, _)| Event::Asked(question)))
    }
}

type Head = (Question, Option<Body>, bool);

fn parse(bytes: &[u8]) -> Result<Option<(usize, Head)>, Malformed> {
    let mut fields = [const { MaybeUninit::uninit() }; FIELDS_MAX];
    let mut head = httparse::Request::new(&mut []);
    let parsed = httparse::ParserConfig::default()
        .parse_request_with_uninit_headers(&mut head, bytes, &mut fields)
        .map_err(|_| Malformed)?;
    let httparse::Status::Complete(length) = parsed else { return Ok(None) };
    let mut framing = Framing::new(head.version);
    let (mut wish, mut expects) = (None, false);
    for field in head.headers.iter() {
        framing.read(field.name, field.value)?;
        match field.name.len() {
            6 if field.name.eq_ignore_ascii_case(WISH) => {
                wish = Some(String::from_utf8_lossy(field.value).into_owned());
            }
            6 if field.name.eq_ignore_ascii_case("expect") => {
                expects = field.value.eq_ignore_ascii_case(b"100-continue");
            }
            _ => {}
        }
    }
    let wish = wish.or_else(|| query_wish(head.path.unwrap_or_default()));
    let body = framing.question_body()?;
    let (keep_alive, grpc) = (framing.keep_alive, false);
    let question = Question { head: head.method == Some("HEAD"), keep_alive, wish, grpc };
    let expects = expects && body.is_some();
    Ok(Some((length, (question, body, expects))))
}

fn query_wish(path: &str) -> Option<String> {
    let (_, query) = path.split_once('?')?;
    let mut wishes = query.split('&').filter_map(|part| part.split_once('='));
    let (_, value) = wishes.find(|(name, _)| *name == WISH)?;
    Some(decoded(value))
}

/// A value of the query as it was before it was escaped.
fn decoded(value: &str) -> String {
    let mut parts = value.split('%');
    let mut plain = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let escape = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escape {
            Some(byte) => plain.push(byte),
            None => plain.push(b'%'),
        }
        plain.extend_from_slice(
            part.get(if escape.is_some() { 2 } else { 0 }..).unwrap_or_default().as_bytes(),
        );
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests;
