//! A socket and a parser that forgives nothing: what it takes for a message can be read in one way only.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};

use super::PATIENCE;

/// Names and values in order; bytes stand as Latin-1, so that every value is text.
pub type Fields = Vec<(String, String)>;

/// Bytes as Latin-1.
pub fn latin(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// A start line and its fields.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// Every byte, with the empty line.
    pub raw: Vec<u8>,
    /// The start line.
    pub line: String,
    /// The fields.
    pub fields: Fields,
}

impl Head {
    /// Reads a whole head.
    pub fn parse(raw: &[u8]) -> Result<Self, String> {
        let text = latin(raw);
        let body = text.strip_suffix("\r\n\r\n").ok_or("no empty line")?;
        let mut lines = body.split("\r\n");
        let line = lines.next().ok_or("no start line")?.to_owned();
        if body.replace("\r\n", "").contains(['\r', '\n', '\0']) {
            return Err(format!("a bare CR, LF or NUL in {text:?}"));
        }
        let fields = parse_fields(lines)?;
        Ok(Self { raw: raw.to_vec(), line, fields })
    }

    /// The values of a field, in order; case of the name does not count.
    pub fn values(&self, name: &str) -> Vec<&str> {
        values(&self.fields, name)
    }

    /// The only value of a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        match self.values(name).as_slice() {
            [] => None,
            [one] => Some(one),
            several => panic!("several {name}: {several:?}"),
        }
    }

    /// The length of the body that the fields promise: `Ok(None)` is chunked.
    pub fn length(&self) -> Result<Option<Option<u64>>, String> {
        match (self.values("content-length").as_slice(), self.values("transfer-encoding").as_slice()) {
            ([], []) => Ok(None),
            ([length], []) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
                Ok(Some(Some(length.parse().map_err(|_| format!("length {length:?}"))?)))
            }
            ([], [coding]) if coding.eq_ignore_ascii_case("chunked") => Ok(Some(None)),
            (lengths, codings) => Err(format!("framing by {lengths:?} and {codings:?}")),
        }
    }
}

/// The values of one name.
pub fn values<'a>(fields: &'a Fields, name: &str) -> Vec<&'a str> {
    fields
        .iter()
        .filter(|(other, _)| other.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
        .collect()
}

fn parse_fields<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Fields, String> {
    lines
        .map(|line| {
            let (name, value) = line.split_once(':').ok_or(format!("no colon in {line:?}"))?;
            let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            if name.is_empty() || !name.bytes().all(token) {
                return Err(format!("no field name: {line:?}"));
            }
            Ok((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()))
        })
        .collect()
}

/// A socket with what was read from it and not used yet.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    held: Vec<u8>,
}

/// The end of the peer's side, clean or not.
fn is_end(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted)
}

impl Wire {
    /// Wraps a stream; no read lasts for ever.
    pub fn new(stream: TcpStream) -> Self {
        // a Unix socket knows no delay
        let _ = stream.set_nodelay(true);
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket takes its options");
        Self { stream, held: Vec::new() }
    }

    /// The stream.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// How much was read and not used yet.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Sends, and says whether the peer still took it.
    pub fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Sends the end of our side.
    pub fn finish(&mut self) {
        // the peer may be gone already, which is what was wanted
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Reads once; `false` at the end.
    fn fill(&mut self) -> Result<bool, String> {
        let mut window = [0; 16 * 1024];
        match self.stream.read(&mut window) {
            Ok(0) => Ok(false),
            Ok(count) => {
                self.held.extend_from_slice(&window[..count]);
                Ok(true)
            }
            Err(fault) if fault.kind() == ErrorKind::Interrupted => self.fill(),
            Err(fault) if is_end(fault.kind()) => Ok(false),
            Err(fault) => Err(format!("{fault} while reading, with {:?} at hand", latin(&self.held))),
        }
    }

    /// Waits for at least one byte that is not used yet; `false` at the end.
    pub fn has_more(&mut self) -> Result<bool, String> {
        Ok(!self.held.is_empty() || self.fill()?)
    }

    /// The next bytes up to and with `end`.
    pub fn take_until(&mut self, end: &[u8]) -> Result<Vec<u8>, String> {
        let mut from = 0;
        loop {
            if let Some(at) = self.held[from..].windows(end.len()).position(|window| window == end) {
                return Ok(self.held.drain(..from + at + end.len()).collect());
            }
            from = (self.held.len() + 1).saturating_sub(end.len());
            if !self.fill()? {
                return Err(format!("the end came after {:?}", latin(&self.held)));
            }
        }
    }

    /// So many bytes, or what there was before the end.
    pub fn take(&mut self, count: usize) -> Result<Vec<u8>, Vec<u8>> {
        while self.held.len() < count {
            if !self.fill().unwrap_or(false) {
                return Err(std::mem::take(&mut self.held));
            }
        }
        Ok(self.held.drain(..count).collect())
    }

    /// Everything up to the end.
    pub fn take_rest(&mut self) -> Result<Vec<u8>, String> {
        while self.fill()? {}
        Ok(std::mem::take(&mut self.held))
    }

    /// The next head; `None` when the peer ended before its first byte.
    pub fn head(&mut self) -> Result<Option<Head>, String> {
        if !self.has_more()? {
            return Ok(None);
        }
        Head::parse(&self.take_until(b"\r\n\r\n")?).map(Some)
    }

    /// A chunked body, with its trailers. What was read of a broken one is in the error.
    pub fn chunked(&mut self) -> Result<(Vec<u8>, Fields), (Vec<u8>, String)> {
        let mut body = Vec::new();
        loop {
            let line = self.take_until(b"\r\n").map_err(|fault| (body.clone(), fault))?;
            let size = latin(&line[..line.len() - 2]);
            let digits = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_hexdigit());
            let count = if digits { usize::from_str_radix(&size, 16).ok() } else { None };
            let count = count.ok_or_else(|| (body.clone(), format!("chunk size {size:?}")))?;
            if count == 0 {
                return self.trailers().map(|fields| (body.clone(), fields)).map_err(|fault| (body, fault));
            }
            match self.take(count + 2) {
                Ok(chunk) if chunk.ends_with(b"\r\n") => body.extend_from_slice(&chunk[..count]),
                Ok(chunk) => return Err((body, format!("no CR LF behind the chunk {:?}", latin(&chunk)))),
                Err(part) => {
                    body.extend_from_slice(&part);
                    return Err((body, "the end came inside a chunk".to_owned()));
                }
            }
        }
    }

    fn trailers(&mut self) -> Result<Fields, String> {
        let mut fields = Fields::new();
        loop {
            let line = latin(&self.take_until(b"\r\n")?);
            match line.trim_end_matches("\r\n") {
                "" => return Ok(fields),
                field => fields.extend(parse_fields(std::iter::once(field))?),
            }
        }
    }
}
