//! What a client has to do, by the sections of RFC 9113 and RFC 7541: what an endpoint sends when it was asked on stream 1, what
//! the caller is told, and what the endpoint.

use super::Told::{self, Alive, Connection, Ended, Stream};
use crate::support::frames::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, GOAWAY, HEADERS,
    PADDED, PING, PRIORITISED, PRIORITY, PROTOCOL_ERROR, PUSH_PROMISE, RST_STREAM, SETTINGS, STREAM_CLOSED,
    WHOLE, WINDOW_UPDATE, field, frame, grant, plain, reset, setting,
};

/// These one behind the other.
fn all<const N: usize>(frames: [Vec<u8>; N]) -> Vec<u8> {
    frames.into_iter().flatten().collect()
}

/// `:status: 200`.
const OK: &[u8] = &[0x88];

/// An answer without a body.
fn answer() -> Vec<u8> {
    frame(HEADERS, WHOLE, 1, OK)
}

/// The head of an answer whose body is to come.
fn head() -> Vec<u8> {
    frame(HEADERS, END_HEADERS, 1, OK)
}

/// An answer with these fields.
fn with(fields: &[&[u8]]) -> Vec<u8> {
    frame(HEADERS, WHOLE, 1, fields.concat())
}

/// A body, or a part of it.
fn body(flags: u8, octets: &str) -> Vec<u8> {
    frame(DATA, flags, 1, octets)
}

fn interim(flags: u8) -> Vec<u8> {
    frame(HEADERS, flags, 1, field(":status", "103"))
}

/// One rule: section, what it is about, frames, the status that the caller gets, what the endpoint is told.
pub type Row = (&'static str, &'static str, Vec<u8>, u16, Told);

/// All of them.
#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    vec![
        ("4.1", "a type that nobody knows", all([frame(0x16, 0, 0, [0; 8]), answer()]), 200, Alive),
        ("4.2", "a frame larger than allowed", all([head(), frame(DATA, END_STREAM, 1, vec![0; (1 << 14) + 1])]), 0, Connection(FRAME_SIZE_ERROR)),
        ("4.3", "a block in two frames", all([frame(HEADERS, END_STREAM, 1, []), frame(CONTINUATION, END_HEADERS, 1, OK)]), 200, Alive),
        ("4.3", "PING inside of a block", all([frame(HEADERS, END_STREAM, 1, OK), frame(PING, 0, 0, [0; 8])]), 502, Connection(PROTOCOL_ERROR)),
        ("4.3", "a block that is none", with(&[&[0xff, 0xff, 0xff, 0xff, 0xff]]), 502, Connection(PROTOCOL_ERROR)),
        ("5.1", "idle: HEADERS", frame(HEADERS, WHOLE, 3, OK), 502, Connection(PROTOCOL_ERROR)),
        ("5.1", "idle: DATA", frame(DATA, END_STREAM, 3, "x"), 502, Connection(PROTOCOL_ERROR)),
        ("5.1", "idle: RST_STREAM", reset(3, 8), 502, Connection(PROTOCOL_ERROR)),
        ("5.1", "idle: WINDOW_UPDATE", grant(3, 9), 502, Connection(PROTOCOL_ERROR)),
        ("5.1", "closed: DATA", all([answer(), body(END_STREAM, "x")]), 200, Stream(STREAM_CLOSED)),
        ("5.1", "closed: WINDOW_UPDATE", all([answer(), grant(1, 9)]), 200, Alive),
        ("5.1", "closed: PRIORITY", all([answer(), frame(PRIORITY, 0, 1, [0, 0, 0, 0, 9])]), 200, Alive),
        ("5.1", "closed: RST_STREAM", all([answer(), reset(1, 8)]), 200, Alive),
        ("5.1.1", "HEADERS of a stream of our own", frame(HEADERS, WHOLE, 2, OK), 502, Connection(PROTOCOL_ERROR)),
        ("6.1", "DATA of the connection", frame(DATA, END_STREAM, 0, "x"), 502, Connection(PROTOCOL_ERROR)),
        ("6.1", "padding", all([head(), frame(DATA, END_STREAM | PADDED, 1, [&[6][..], b"x", &[0; 6]].concat())]), 200, Alive),
        ("6.1", "padding as long as the frame", all([frame(DATA, END_STREAM | PADDED, 1, [2, 0])]), 502, Connection(PROTOCOL_ERROR)),
        ("6.2", "HEADERS of the connection", frame(HEADERS, WHOLE, 0, OK), 502, Connection(PROTOCOL_ERROR)),
        ("6.2", "padding", frame(HEADERS, WHOLE | PADDED, 1, [&[6][..], OK, &[0; 6]].concat()), 200, Alive),
        ("6.2", "a priority", frame(HEADERS, WHOLE | PRIORITISED, 1, [&[0, 0, 0, 3, 9][..], OK].concat()), 200, Alive),
        ("6.3", "four octets", frame(PRIORITY, 0, 1, [0; 4]), 502, Ended),
        ("6.4", "RST_STREAM of the connection", reset(0, 8), 502, Connection(PROTOCOL_ERROR)),
        ("6.4", "three octets", frame(RST_STREAM, 0, 1, [0; 3]), 502, Ended),
        ("6.5", "an acknowledgement that says something", frame(SETTINGS, ACK, 0, [0, 3, 0, 0, 0, 1]), 502, Ended),
        ("6.5", "SETTINGS of a stream", frame(SETTINGS, 0, 1, [0, 3, 0, 0, 0, 1]), 502, Connection(PROTOCOL_ERROR)),
        ("6.5", "half a setting", frame(SETTINGS, 0, 0, [0, 3, 0]), 502, Ended),
        ("6.5.2", "push from somebody who may not ask for it", setting(2, 1), 502, Ended),
        ("6.5.2", "no push", all([setting(2, 0), answer()]), 200, Alive),
        ("6.5.2", "a window larger than any", setting(4, 1 << 31), 502, Ended),
        ("6.5.2", "a frame smaller than any", setting(5, (1 << 14) - 1), 502, Connection(PROTOCOL_ERROR)),
        ("6.5.2", "a frame larger than any", setting(5, 1 << 24), 502, Connection(PROTOCOL_ERROR)),
        ("6.5.2", "a setting that nobody knows", all([setting(0xff, 7), answer()]), 200, Alive),
        ("6.6", "PUSH_PROMISE, which we have forbidden", frame(PUSH_PROMISE, END_HEADERS, 1, [&[0, 0, 0, 2][..], &plain()].concat()), 502, Ended),
        ("6.7", "PING of a stream", frame(PING, 0, 1, [0; 8]), 502, Connection(PROTOCOL_ERROR)),
        ("6.7", "seven octets", frame(PING, 0, 0, [0; 7]), 502, Ended),
        ("6.8", "GOAWAY of a stream", frame(GOAWAY, 0, 1, [0; 8]), 502, Connection(PROTOCOL_ERROR)),
        ("6.8", "seven octets", frame(GOAWAY, 0, 0, [0; 7]), 502, Ended),
        ("6.9", "nothing more for the connection", grant(0, 0), 502, Connection(PROTOCOL_ERROR)),
        ("6.9", "three octets", frame(WINDOW_UPDATE, 0, 0, [0; 3]), 502, Ended),
        ("6.9.1", "the window of the connection overflows", all([grant(0, i32::MAX as u32), grant(0, 1)]), 502, Connection(FLOW_CONTROL_ERROR)),
        ("6.9.1", "the window of a request that is whole does not matter", all([grant(1, i32::MAX as u32), answer()]), 200, Alive),
        ("6.10", "of another stream", all([frame(HEADERS, END_STREAM, 1, OK), frame(CONTINUATION, END_HEADERS, 3, [])]), 502, Connection(PROTOCOL_ERROR)),
        ("6.10", "without a head", frame(CONTINUATION, END_HEADERS, 1, OK), 502, Connection(PROTOCOL_ERROR)),
        ("8.1", "an answer", answer(), 200, Alive),
        ("8.1", "a body", all([head(), body(END_STREAM, "x")]), 200, Alive),
        ("8.1", "a body and trailers", all([head(), body(0, "x"), frame(HEADERS, WHOLE, 1, field("x-sum", "1"))]), 200, Alive),
        ("8.1", "an interim answer", all([interim(END_HEADERS), answer()]), 200, Alive),
        ("8.1", "an interim answer that ends the stream", interim(WHOLE), 502, Alive),
        ("8.1", "DATA before a head", body(END_STREAM, "x"), 502, Connection(PROTOCOL_ERROR)),
        ("8.1", "trailers that do not end the stream", all([head(), frame(HEADERS, END_HEADERS, 1, field("x-sum", "1"))]), 0, Stream(PROTOCOL_ERROR)),
        ("8.1.1", "a body shorter than it says", all([frame(HEADERS, END_HEADERS, 1, [OK, &field("content-length", "2")].concat()), body(END_STREAM, "x")]), 0, Stream(PROTOCOL_ERROR)),
        ("8.1.1", "a body longer than it says", all([frame(HEADERS, END_HEADERS, 1, [OK, &field("content-length", "1")].concat()), body(END_STREAM, "xy")]), 0, Stream(PROTOCOL_ERROR)),
        ("8.1.1", "a length, and no body", with(&[OK, &field("content-length", "1")]), 502, Alive),
        ("8.1.1", "a length that is no number", with(&[OK, &field("content-length", "1x")]), 502, Alive),
        ("8.2", "a name with a capital", with(&[OK, &field("X-test", "1")]), 502, Connection(PROTOCOL_ERROR)),
        ("8.2.1", "a value with LF", with(&[OK, &field("x", "a\nb")]), 502, Connection(PROTOCOL_ERROR)),
        ("8.2.2", "connection", with(&[OK, &field("connection", "close")]), 502, Stream(PROTOCOL_ERROR)),
        ("8.2.2", "transfer-encoding", with(&[OK, &field("transfer-encoding", "chunked")]), 502, Stream(PROTOCOL_ERROR)),
        ("8.3", "a pseudo field that nobody knows", with(&[OK, &field(":test", "ok")]), 502, Connection(PROTOCOL_ERROR)),
        ("8.3", "a pseudo field behind others", with(&[&field("x", "y"), OK]), 502, Stream(PROTOCOL_ERROR)),
        ("8.3.2", "no status", with(&[&field("x", "y")]), 502, Alive),
        ("8.3.2", "two statuses", with(&[OK, OK]), 502, Stream(PROTOCOL_ERROR)),
        ("8.3.2", "a status that is none", with(&[&field(":status", "2x0")]), 502, Connection(PROTOCOL_ERROR)),
        ("8.3.2", "a pseudo field of requests", with(&[OK, &field(":path", "/")]), 200, Alive),
        ("8.6", "a change of the protocol", with(&[&field(":status", "101")]), 502, Alive),
    ]
}
