//! Heads on their way out.

use crate::codec::body::Framing;
use crate::codec::fields::Fields;
use crate::codec::outgoing::Outgoing;

/// What is said of the connection in a head that goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// Nothing: it stays open by itself.
    Open,
    /// `Connection: keep-alive`, for callers of HTTP/1.0.
    KeepAlive,
    /// `Connection: close`.
    Close,
    /// `Connection: upgrade`; the field `Upgrade` stands among the others.
    Upgrade,
}

fn write_end(fields: &Fields, out: &Outgoing, chunked: bool, persistence: Persistence, output: &mut Vec<u8>) {
    out.write(fields, output);
    if chunked {
        output.extend_from_slice(b"transfer-encoding: chunked\r\n");
    }
    output.extend_from_slice(match persistence {
        Persistence::Open => b"\r\n".as_slice(),
        Persistence::KeepAlive => b"connection: keep-alive\r\n\r\n",
        Persistence::Close => b"connection: close\r\n\r\n",
        Persistence::Upgrade => b"connection: upgrade\r\n\r\n",
    });
}

/// Writes the head of a request. `target` is what stands between method and version.
pub fn write_request(
    method: &str,
    target: &[&str],
    fields: &Fields,
    out: &Outgoing,
    framing: Framing,
    persistence: Persistence,
    output: &mut Vec<u8>,
) {
    output.extend_from_slice(method.as_bytes());
    output.push(b' ');
    for part in target {
        output.extend_from_slice(part.as_bytes());
    }
    output.extend_from_slice(b" HTTP/1.1\r\n");
    write_end(fields, out, framing == Framing::Chunked, persistence, output);
}

fn write_status(status: u16, phrase: &[u8], output: &mut Vec<u8>) {
    let digit = |divisor| b'0' + (status / divisor % 10) as u8;
    output.extend_from_slice(b"HTTP/1.1 ");
    output.extend_from_slice(&[digit(100), digit(10), digit(1), b' ']);
    output.extend_from_slice(phrase);
    output.extend_from_slice(b"\r\n");
}

/// Writes the head of an answer.
pub fn write_response(
    status: u16,
    phrase: &[u8],
    fields: &Fields,
    out: &Outgoing,
    framing: Framing,
    persistence: Persistence,
    output: &mut Vec<u8>,
) {
    write_status(status, phrase, output);
    write_end(fields, out, framing == Framing::Chunked, persistence, output);
}

/// Writes a 1xx head.
pub fn write_interim(status: u16, phrase: &[u8], fields: &Fields, out: &Outgoing, output: &mut Vec<u8>) {
    write_status(status, phrase, output);
    write_end(fields, out, false, Persistence::Open, output);
}
