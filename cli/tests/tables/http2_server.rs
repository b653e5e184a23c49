//! What a server has to do, by the sections of RFC 9113 and RFC 7541.

use super::Reaction::{Answer, Connection, Ignored, Stream};
use super::Sent::{Later, Now};
use super::support::frames::{
    ACK, CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, FLOW_CONTROL_ERROR,
    FRAME_SIZE_ERROR, GOAWAY, HEADERS, PADDED, PING, PRIORITISED, PRIORITY, PROTOCOL_ERROR, PUSH_PROMISE,
    RST_STREAM, SETTINGS, STREAM_CLOSED, WHOLE, WINDOW_UPDATE, field, frame, grant, integer, plain, request,
    reset, setting, string,
};
use super::{Reaction, Row};

/// Where COMPRESSION_ERROR is due, or an error of the stream, the crate says this. A connection may be ended for the error of a
/// stream (RFC 9113 §5.4.1), and the code only tells people why.
const UNREADABLE: Reaction = Connection(PROTOCOL_ERROR);

/// Where STREAM_CLOSED is due the crate, which has forgotten the stream, says this.
const CLOSED: Reaction = Connection(PROTOCOL_ERROR);

/// These one behind the other.
fn all<const N: usize>(frames: [Vec<u8>; N]) -> Vec<u8> {
    frames.into_iter().flatten().collect()
}

/// A request without a body on this stream.
fn get(stream: u32) -> Vec<u8> {
    frame(HEADERS, WHOLE, stream, plain())
}

/// The head of a request on stream 1, whose body is to come; `/up` is answered when it is whole, `/held` never.
fn post(path: &str) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, 1, request("POST", path))
}

/// The head of an upload with one more field.
fn upload(name: &str, value: &str) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, 1, [request("POST", "/up"), field(name, value)].concat())
}

/// A body, or a part of it.
fn body(flags: u8, octets: &str) -> Vec<u8> {
    frame(DATA, flags, 1, octets)
}

/// A request on stream 1 with these fields.
fn head(fields: &[&[u8]]) -> Vec<u8> {
    frame(HEADERS, WHOLE, 1, fields.concat())
}

/// `GET /hi` with these fields behind.
fn with(fields: &[&[u8]]) -> Vec<u8> {
    frame(HEADERS, WHOLE, 1, [&plain()[..], &fields.concat()].concat())
}

/// `GET http` from the static table.
const GET: &[u8] = &[0x82, 0x86];

/// The path `/hi` and who is asked, as plain literals.
fn place() -> Vec<u8> {
    [field(":path", "/hi"), field(":authority", "a")].concat()
}

/// `/hi` in the code of Huffman: `/` is 011000, `h` 100111, `i` 00110, and seven ones fill up.
const HI: [u8; 3] = [0x62, 0x73, 0x7f];

/// Stream 1 is open until the end, and nobody answers.
fn held(frames: &[u8]) -> Vec<u8> {
    [&post("/held")[..], frames].concat()
}

/// What RFC 9113 says of connections, frames and streams.
#[rustfmt::skip]
pub fn frames() -> Vec<Row> {
    vec![
        ("3.4", "settings come first, but no acknowledgement has to be waited for", Now(get(1)), Answer(1, 200)),
        ("4.1", "a type that nobody knows", Now(frame(0x16, 0, 0, [0; 8])), Ignored),
        ("4.1", "a type that nobody knows, on a stream that is open", Now(held(&frame(0x16, 0xff, 1, [0; 8]))), Ignored),
        ("4.1", "a type that nobody knows, on a stream that is idle", Now(frame(0xff, 0, 33, [])), Ignored),
        ("4.1", "a flag that a PING does not have", Now(frame(PING, 0x16, 0, [0; 8])), Ignored),
        ("4.1", "flags that HEADERS does not have", Now(frame(HEADERS, WHOLE | 0xd2, 1, plain())), Answer(1, 200)),
        ("4.1", "flags that DATA does not have", Now(all([post("/up"), frame(DATA, 0xf6 | END_STREAM, 1, "x")])), Answer(1, 200)),
        ("4.1", "the reserved bit of a PING", Now(frame(PING, 0, 1 << 31, [0; 8])), Ignored),
        ("4.1", "the reserved bit of HEADERS", Now(frame(HEADERS, WHOLE, 1 << 31 | 1, plain())), Answer(1, 200)),
        ("4.2", "DATA as large as it may be", Now(all([post("/up"), frame(DATA, END_STREAM, 1, vec![0; 1 << 14])])), Answer(1, 200)),
        ("4.2", "DATA one octet larger", Now(all([post("/up"), frame(DATA, END_STREAM, 1, vec![0; (1 << 14) + 1])])), Connection(FRAME_SIZE_ERROR)),
        ("4.2", "HEADERS one octet larger", Now(frame(HEADERS, WHOLE, 1, vec![0; (1 << 14) + 1])), Connection(FRAME_SIZE_ERROR)),
        ("4.2", "SETTINGS one octet larger", Now(frame(SETTINGS, 0, 0, vec![0; (1 << 14) + 1])), Connection(FRAME_SIZE_ERROR)),
        ("4.2", "a frame that nobody knows and one octet larger", Now(frame(0x16, 0, 0, vec![0; (1 << 14) + 1])), Connection(FRAME_SIZE_ERROR)),
        ("4.3", "a block in two frames", Now(all([frame(HEADERS, END_STREAM, 1, &plain()[..5]), frame(CONTINUATION, END_HEADERS, 1, &plain()[5..])])), Answer(1, 200)),
        ("4.3", "PRIORITY inside of a block", Now(all([frame(HEADERS, END_STREAM, 1, plain()), frame(PRIORITY, 0, 3, [0, 0, 0, 1, 9])])), Connection(PROTOCOL_ERROR)),
        ("4.3", "another head inside of a block", Now(all([frame(HEADERS, END_STREAM, 1, plain()), get(3)])), Connection(PROTOCOL_ERROR)),
        ("4.3", "DATA inside of a block", Now(all([frame(HEADERS, END_STREAM, 1, plain()), frame(DATA, 0, 1, "x")])), Connection(PROTOCOL_ERROR)),
        ("4.3", "SETTINGS inside of a block", Now(all([frame(HEADERS, END_STREAM, 1, plain()), setting(3, 9)])), Connection(PROTOCOL_ERROR)),
        ("4.3", "PING inside of a block", Now(all([frame(HEADERS, END_STREAM, 1, plain()), frame(PING, 0, 0, [0; 8])])), Connection(PROTOCOL_ERROR)),
        ("4.3", "WINDOW_UPDATE inside of a block", Now(all([frame(HEADERS, END_STREAM, 1, plain()), grant(0, 9)])), Connection(PROTOCOL_ERROR)),
        ("4.3", "RST_STREAM inside of a block", Now(all([frame(HEADERS, END_STREAM, 1, plain()), reset(1, CANCEL)])), Connection(PROTOCOL_ERROR)),
        ("5.1", "idle: DATA", Now(frame(DATA, END_STREAM, 1, "x")), Connection(PROTOCOL_ERROR)),
        ("5.1", "idle: RST_STREAM", Now(reset(1, CANCEL)), Connection(PROTOCOL_ERROR)),
        ("5.1", "idle: WINDOW_UPDATE", Now(grant(1, 100)), Connection(PROTOCOL_ERROR)),
        ("5.1", "idle: CONTINUATION", Now(frame(CONTINUATION, END_HEADERS, 1, plain())), Connection(PROTOCOL_ERROR)),
        ("5.1", "idle: PRIORITY", Now(frame(PRIORITY, 0, 1, [0, 0, 0, 0, 9])), Ignored),
        ("5.1", "half-closed: DATA", Now(all([frame(HEADERS, WHOLE, 1, request("GET", "/held")), body(END_STREAM, "x")])), CLOSED),
        ("5.1", "half-closed: HEADERS", Now(all([frame(HEADERS, WHOLE, 1, request("GET", "/held")), get(1)])), CLOSED),
        ("5.1", "half-closed: CONTINUATION", Now(all([frame(HEADERS, WHOLE, 1, request("GET", "/held")), frame(CONTINUATION, END_HEADERS, 1, plain())])), Connection(PROTOCOL_ERROR)),
        ("5.1", "half-closed: WINDOW_UPDATE", Now(all([frame(HEADERS, WHOLE, 1, request("GET", "/up")), grant(1, 100)])), Answer(1, 200)),
        ("5.1", "half-closed: PRIORITY", Now(all([frame(HEADERS, WHOLE, 1, request("GET", "/up")), frame(PRIORITY, 0, 1, [0, 0, 0, 0, 9])])), Answer(1, 200)),
        ("5.1", "half-closed: RST_STREAM", Now(all([frame(HEADERS, WHOLE, 1, request("GET", "/held")), reset(1, CANCEL)])), Ignored),
        ("5.1", "reset by the client: DATA", Now(held(&all([reset(1, CANCEL), body(END_STREAM, "x")]))), Stream(1, STREAM_CLOSED)),
        ("5.1", "reset by the client: HEADERS", Now(held(&all([reset(1, CANCEL), get(1)]))), CLOSED),
        ("5.1", "reset by the client: CONTINUATION", Now(held(&all([reset(1, CANCEL), frame(CONTINUATION, END_HEADERS, 1, plain())]))), Connection(PROTOCOL_ERROR)),
        ("5.1", "reset by the client: WINDOW_UPDATE", Now(held(&all([reset(1, CANCEL), grant(1, 9)]))), Ignored),
        ("5.1", "reset by the client: PRIORITY", Now(held(&all([reset(1, CANCEL), frame(PRIORITY, 0, 1, [0, 0, 0, 0, 9])]))), Ignored),
        ("5.1", "reset by the client, twice", Now(held(&all([reset(1, CANCEL), reset(1, CANCEL)]))), Ignored),
        ("5.1", "closed: DATA", Later(body(END_STREAM, "x")), Stream(1, STREAM_CLOSED)),
        ("5.1", "closed: HEADERS", Later(get(1)), CLOSED),
        ("5.1", "closed: CONTINUATION", Later(frame(CONTINUATION, END_HEADERS, 1, plain())), Connection(PROTOCOL_ERROR)),
        ("5.1", "closed: WINDOW_UPDATE", Later(grant(1, 9)), Ignored),
        ("5.1", "closed: PRIORITY", Later(frame(PRIORITY, 0, 1, [0, 0, 0, 0, 9])), Ignored),
        ("5.1", "closed: RST_STREAM", Later(reset(1, CANCEL)), Ignored),
        ("5.1.1", "a stream of an even number", Now(get(2)), Connection(PROTOCOL_ERROR)),
        ("5.1.1", "a stream below one that was used", Now(all([get(5), get(3)])), Connection(PROTOCOL_ERROR)),
        ("5.1.1", "a stream may be left out", Now(get(7)), Answer(7, 200)),
        ("5.1.1", "streams that were left out are closed: DATA", Now(all([get(7), frame(DATA, 0, 5, "x")])), Stream(5, STREAM_CLOSED)),
        ("5.3.1", "HEADERS that depends on itself", Now(frame(HEADERS, WHOLE | PRIORITISED, 1, [&[0, 0, 0, 1, 9][..], &plain()].concat())), Stream(1, PROTOCOL_ERROR)),
        ("5.3.1", "PRIORITY that depends on itself", Now(held(&frame(PRIORITY, 0, 1, [0, 0, 0, 1, 9]))), Stream(1, PROTOCOL_ERROR)),
        ("5.4.1", "an error ends the connection", Now(frame(PING, 0, 0, [0; 6])), Connection(FRAME_SIZE_ERROR)),
        ("5.5", "an extension inside of a block", Now(all([frame(HEADERS, END_STREAM, 1, plain()), frame(0x16, 0, 0, [0; 8])])), Connection(PROTOCOL_ERROR)),
        ("6.1", "DATA of the connection", Now(frame(DATA, END_STREAM, 0, "x")), Connection(PROTOCOL_ERROR)),
        ("6.1", "padding", Now(all([post("/up"), frame(DATA, END_STREAM | PADDED, 1, [&[6][..], b"x", &[0; 6]].concat())])), Answer(1, 200)),
        ("6.1", "nothing but padding", Now(all([post("/up"), frame(DATA, END_STREAM | PADDED, 1, [&[6][..], &[0; 6]].concat())])), Answer(1, 200)),
        ("6.1", "padding as long as the frame", Now(all([post("/up"), frame(DATA, END_STREAM | PADDED, 1, [2, 0])])), Connection(PROTOCOL_ERROR)),
        ("6.1", "padding of a frame that is empty", Now(all([post("/up"), frame(DATA, END_STREAM | PADDED, 1, [])])), Connection(FRAME_SIZE_ERROR)),
        ("6.1", "several frames", Now(all([post("/up"), body(0, "x"), body(0, "y"), body(END_STREAM, "")])), Answer(1, 200)),
        ("6.2", "HEADERS of the connection", Now(frame(HEADERS, WHOLE, 0, plain())), Connection(PROTOCOL_ERROR)),
        ("6.2", "padding", Now(frame(HEADERS, WHOLE | PADDED, 1, [&[6][..], &plain(), &[0; 6]].concat())), Answer(1, 200)),
        ("6.2", "padding longer than the frame", Now(frame(HEADERS, WHOLE | PADDED, 1, [&[200][..], &plain()].concat())), Connection(PROTOCOL_ERROR)),
        ("6.2", "a priority", Now(frame(HEADERS, WHOLE | PRIORITISED, 1, [&[0x80, 0, 0, 3, 9][..], &plain()].concat())), Answer(1, 200)),
        ("6.2", "a priority and padding", Now(frame(HEADERS, WHOLE | PRIORITISED | PADDED, 1, [&[2, 0, 0, 0, 0, 9][..], &plain(), &[0, 0]].concat())), Answer(1, 200)),
        ("6.2", "a priority that is cut", Now(frame(HEADERS, WHOLE | PRIORITISED, 1, [0, 0, 0])), Connection(FRAME_SIZE_ERROR)),
        ("6.3", "PRIORITY of the connection", Now(frame(PRIORITY, 0, 0, [0, 0, 0, 1, 9])), Connection(PROTOCOL_ERROR)),
        ("6.3", "four octets", Now(held(&frame(PRIORITY, 0, 1, [0; 4]))), Connection(FRAME_SIZE_ERROR)),
        ("6.3", "six octets", Now(frame(PRIORITY, 0, 1, [0; 6])), Connection(FRAME_SIZE_ERROR)),
        ("6.3", "of an idle stream, then a request on a lower one", Now(all([frame(PRIORITY, 0, 9, [0x80, 0, 0, 0, 255]), get(1)])), Answer(1, 200)),
        ("6.4", "RST_STREAM of the connection", Now(reset(0, CANCEL)), Connection(PROTOCOL_ERROR)),
        ("6.4", "three octets", Now(held(&frame(RST_STREAM, 0, 1, [0; 3]))), Connection(FRAME_SIZE_ERROR)),
        ("6.4", "five octets", Now(held(&frame(RST_STREAM, 0, 1, [0; 5]))), Connection(FRAME_SIZE_ERROR)),
        ("6.5", "an acknowledgement that says something", Now(frame(SETTINGS, ACK, 0, [0, 3, 0, 0, 0, 1])), Connection(FRAME_SIZE_ERROR)),
        ("6.5", "an acknowledgement", Now(frame(SETTINGS, ACK, 0, [])), Ignored),
        ("6.5", "acknowledgements of nothing", Now(all([frame(SETTINGS, ACK, 0, []), frame(SETTINGS, ACK, 0, [])])), Connection(PROTOCOL_ERROR)),
        ("6.5", "SETTINGS of a stream", Now(frame(SETTINGS, 0, 1, [0, 3, 0, 0, 0, 1])), Connection(PROTOCOL_ERROR)),
        ("6.5", "half a setting", Now(frame(SETTINGS, 0, 0, [0, 3, 0])), Connection(FRAME_SIZE_ERROR)),
        ("6.5.2", "push may be wanted", Now(setting(2, 1)), Ignored),
        ("6.5.2", "push of 2", Now(setting(2, 2)), Connection(PROTOCOL_ERROR)),
        ("6.5.2", "a window as large as any", Now(setting(4, i32::MAX as u32)), Ignored),
        ("6.5.2", "a window larger than any", Now(setting(4, 1 << 31)), Connection(FLOW_CONTROL_ERROR)),
        ("6.5.2", "a frame smaller than any", Now(setting(5, (1 << 14) - 1)), Connection(PROTOCOL_ERROR)),
        ("6.5.2", "a frame as large as any", Now(setting(5, (1 << 24) - 1)), Ignored),
        ("6.5.2", "a frame larger than any", Now(setting(5, 1 << 24)), Connection(PROTOCOL_ERROR)),
        ("6.5.2", "no table at all", Now(all([setting(1, 0), get(1)])), Answer(1, 200)),
        ("6.5.2", "a setting that nobody knows", Now(setting(0xff, 7)), Ignored),
        ("6.5.3", "one setting twice: the last one holds", Now(all([frame(SETTINGS, 0, 0, [0, 4, 0, 0, 0, 0, 0, 4, 0, 0, 255, 255]), get(1)])), Answer(1, 200)),
        ("6.6", "PUSH_PROMISE", Now(frame(PUSH_PROMISE, END_HEADERS, 1, [&[0, 0, 0, 2][..], &plain()].concat())), Connection(PROTOCOL_ERROR)),
        ("6.6", "PUSH_PROMISE on a stream that is open", Now(held(&frame(PUSH_PROMISE, END_HEADERS, 1, [&[0, 0, 0, 2][..], &plain()].concat()))), Connection(PROTOCOL_ERROR)),
        ("6.7", "an acknowledgement is not answered", Now(frame(PING, ACK, 0, [0; 8])), Ignored),
        ("6.7", "PING of a stream", Now(frame(PING, 0, 1, [0; 8])), Connection(PROTOCOL_ERROR)),
        ("6.7", "seven octets", Now(frame(PING, 0, 0, [0; 7])), Connection(FRAME_SIZE_ERROR)),
        ("6.7", "nine octets", Now(frame(PING, 0, 0, [0; 9])), Connection(FRAME_SIZE_ERROR)),
        ("6.8", "GOAWAY of a stream", Now(frame(GOAWAY, 0, 1, [0; 8])), Connection(PROTOCOL_ERROR)),
        ("6.8", "seven octets", Now(frame(GOAWAY, 0, 0, [0; 7])), Connection(FRAME_SIZE_ERROR)),
        ("6.8", "what is open is finished", Now(all([frame(HEADERS, WHOLE, 1, request("GET", "/up")), frame(GOAWAY, 0, 0, [0; 8])])), Answer(1, 200)),
        ("6.9", "nothing more for the connection", Now(grant(0, 0)), Connection(PROTOCOL_ERROR)),
        ("6.9", "nothing more for a stream", Now(held(&grant(1, 0))), Connection(PROTOCOL_ERROR)),
        ("6.9", "three octets", Now(frame(WINDOW_UPDATE, 0, 0, [0; 3])), Connection(FRAME_SIZE_ERROR)),
        ("6.9", "five octets for a stream", Now(held(&frame(WINDOW_UPDATE, 0, 1, [0, 0, 0, 1, 0]))), Connection(FRAME_SIZE_ERROR)),
        ("6.9", "the reserved bit", Now(grant(0, 1 << 31 | 1)), Ignored),
        ("6.9.1", "the window of the connection overflows", Now(all([grant(0, i32::MAX as u32), grant(0, 1)])), Connection(FLOW_CONTROL_ERROR)),
        ("6.9.1", "the window of a stream overflows", Now(held(&grant(1, i32::MAX as u32))), Stream(1, FLOW_CONTROL_ERROR)),
        ("6.9.1", "more of a body than its window", Later(all([frame(HEADERS, END_HEADERS, 3, request("POST", "/held")), frame(DATA, 0, 3, vec![0; 1 << 14]).repeat(5)])), Stream(3, FLOW_CONTROL_ERROR)),
        ("6.9.1", "more of all bodies than the window of the connection", Now(held(&frame(DATA, 0, 1, vec![0; 1 << 14]).repeat(5))), Connection(FLOW_CONTROL_ERROR)),
        ("6.9.2", "a new size makes the windows of open streams overflow", Now(held(&all([grant(1, 1 << 30), setting(4, i32::MAX as u32)]))), Connection(FLOW_CONTROL_ERROR)),
        ("6.9.2", "a new size holds for streams that are to come", Now(all([setting(4, 0), setting(4, 10), get(1)])), Answer(1, 200)),
        ("6.10", "several of them", Now(all([frame(HEADERS, END_STREAM, 1, &plain()[..3]), frame(CONTINUATION, 0, 1, &plain()[3..5]), frame(CONTINUATION, 0, 1, []), frame(CONTINUATION, END_HEADERS, 1, &plain()[5..])])), Answer(1, 200)),
        ("6.10", "PING behind one", Now(all([frame(HEADERS, END_STREAM, 1, plain()), frame(CONTINUATION, 0, 1, []), frame(PING, 0, 0, [0; 8])])), Connection(PROTOCOL_ERROR)),
        ("6.10", "of the connection", Now(all([frame(HEADERS, END_STREAM, 1, plain()), frame(CONTINUATION, END_HEADERS, 0, [])])), Connection(PROTOCOL_ERROR)),
        ("6.10", "of another stream", Now(all([frame(HEADERS, END_STREAM, 1, plain()), frame(CONTINUATION, END_HEADERS, 3, [])])), Connection(PROTOCOL_ERROR)),
        ("6.10", "behind the end of a head", Now(all([get(1), frame(CONTINUATION, END_HEADERS, 1, [])])), Connection(PROTOCOL_ERROR)),
        ("6.10", "behind the end of one", Now(all([frame(HEADERS, END_STREAM, 1, plain()), frame(CONTINUATION, END_HEADERS, 1, []), frame(CONTINUATION, END_HEADERS, 1, [])])), Connection(PROTOCOL_ERROR)),
        ("6.10", "behind DATA", Now(held(&all([body(0, "x"), frame(CONTINUATION, END_HEADERS, 1, plain())]))), Connection(PROTOCOL_ERROR)),
        ("6.10", "without an end", Now(all([frame(HEADERS, END_STREAM, 1, plain()), frame(CONTINUATION, 0, 1, []).repeat(100)])), Connection(ENHANCE_YOUR_CALM)),
        ("7", "a code that nobody knows, for a stream", Now(held(&reset(1, 0xff))), Ignored),
        ("7", "a code that nobody knows, for the connection", Now(all([get(1), frame(GOAWAY, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0xff])])), Answer(1, 200)),
    ]
}

/// What RFC 9113 says of messages.
#[rustfmt::skip]
pub fn messages() -> Vec<Row> {
    vec![
        ("8.1", "a request", Now(get(1)), Answer(1, 200)),
        ("8.1", "a body", Now(all([post("/up"), body(END_STREAM, "x")])), Answer(1, 200)),
        ("8.1", "a body and trailers", Now(all([post("/up"), body(0, "x"), frame(HEADERS, WHOLE, 1, field("x-sum", "1"))])), Answer(1, 200)),
        ("8.1", "trailers alone", Now(all([post("/up"), frame(HEADERS, WHOLE, 1, field("x-sum", "1"))])), Answer(1, 200)),
        ("8.1", "a second head that does not end the stream", Now(all([post("/up"), frame(HEADERS, END_HEADERS, 1, field("x-sum", "1"))])), Stream(1, PROTOCOL_ERROR)),
        ("8.1", "pseudo fields in trailers", Now(all([post("/up"), body(0, "x"), frame(HEADERS, WHOLE, 1, field(":path", "/"))])), Answer(1, 200)),
        ("8.1", "pseudo fields of answers in trailers", Now(all([post("/up"), body(0, "x"), frame(HEADERS, WHOLE, 1, field(":status", "200"))])), Answer(1, 200)),
        ("8.1.1", "a body shorter than it says", Now(all([upload("content-length", "2"), body(END_STREAM, "x")])), Stream(1, PROTOCOL_ERROR)),
        ("8.1.1", "a body longer than it says", Now(all([upload("content-length", "1"), body(END_STREAM, "xy")])), Stream(1, PROTOCOL_ERROR)),
        ("8.1.1", "frames that are not as long as it says", Now(all([upload("content-length", "3"), body(0, "x"), body(END_STREAM, "y")])), Stream(1, PROTOCOL_ERROR)),
        ("8.1.1", "trailers before the body is as long as it says", Now(all([upload("content-length", "3"), body(0, "x"), frame(HEADERS, WHOLE, 1, field("x-sum", "1"))])), Stream(1, PROTOCOL_ERROR)),
        ("8.1.1", "a length, and no body", Now(with(&[&field("content-length", "1")])), Stream(1, PROTOCOL_ERROR)),
        ("8.1.1", "a length of nothing", Now(with(&[&field("content-length", "0")])), Answer(1, 200)),
        ("8.1.1", "a length that is no number", Now(with(&[&field("content-length", "1x")])), Stream(1, PROTOCOL_ERROR)),
        ("8.1.1", "two lengths", Now(all([frame(HEADERS, END_HEADERS, 1, [request("POST", "/up"), field("content-length", "1"), field("content-length", "2")].concat()), body(END_STREAM, "x")])), Stream(1, PROTOCOL_ERROR)),
        ("8.2", "a name with a capital", Now(with(&[&field("X-test", "1")])), UNREADABLE),
        ("8.2", "a name in trailers with a capital", Now(all([post("/up"), frame(HEADERS, WHOLE, 1, field("X-test", "1"))])), UNREADABLE),
        ("8.2.1", "a name with a space", Now(with(&[&field("x test", "1")])), UNREADABLE),
        ("8.2.1", "a name with a colon", Now(with(&[&field("x:y", "1")])), UNREADABLE),
        ("8.2.1", "an empty name", Now(with(&[&field("", "1")])), UNREADABLE),
        ("8.2.1", "a name that is not ASCII", Now(with(&[&field([0xe4], "1")])), UNREADABLE),
        ("8.2.1", "a value with NUL", Now(with(&[&field("x", [b'a', 0])])), UNREADABLE),
        ("8.2.1", "a value with CR", Now(with(&[&field("x", "a\rb")])), UNREADABLE),
        ("8.2.1", "a value with LF", Now(with(&[&field("x", "a\nb")])), UNREADABLE),
        ("8.2.1", "a value that begins with a space", Now(with(&[&field("x", " a")])), Answer(1, 400)),
        ("8.2.1", "a value that ends with a tab", Now(with(&[&field("x", "a\t")])), Answer(1, 400)),
        ("8.2.1", "a value above ASCII", Now(with(&[&field("x", [0xe4])])), Answer(1, 200)),
        ("8.2.2", "connection", Now(with(&[&field("connection", "keep-alive")])), Stream(1, PROTOCOL_ERROR)),
        ("8.2.2", "keep-alive", Now(with(&[&field("keep-alive", "timeout=5")])), Stream(1, PROTOCOL_ERROR)),
        ("8.2.2", "proxy-connection", Now(with(&[&field("proxy-connection", "close")])), Stream(1, PROTOCOL_ERROR)),
        ("8.2.2", "transfer-encoding", Now(with(&[&field("transfer-encoding", "chunked")])), Stream(1, PROTOCOL_ERROR)),
        ("8.2.2", "upgrade", Now(with(&[&field("upgrade", "websocket")])), Stream(1, PROTOCOL_ERROR)),
        ("8.2.2", "te", Now(with(&[&field("te", "trailers, deflate;q=0.5")])), Stream(1, PROTOCOL_ERROR)),
        ("8.2.2", "te: trailers", Now(with(&[&field("te", "trailers")])), Answer(1, 200)),
        ("8.2.3", "a cookie in crumbs", Now(with(&[&field("cookie", "a=b"), &field("cookie", "c=d")])), Answer(1, 200)),
        ("8.3", "a pseudo field that nobody knows", Now(head(&[GET, &place(), &field(":test", "ok")])), UNREADABLE),
        ("8.3", "a pseudo field of answers", Now(head(&[GET, &place(), &field(":status", "200")])), Stream(1, PROTOCOL_ERROR)),
        ("8.3", "a pseudo field behind others", Now(head(&[&[0x82], &place(), &field("x", "y"), &[0x86]])), Stream(1, PROTOCOL_ERROR)),
        ("8.3.1", "no method", Now(head(&[&[0x86], &place()])), Stream(1, PROTOCOL_ERROR)),
        ("8.3.1", "no scheme", Now(head(&[&[0x82], &place()])), Stream(1, PROTOCOL_ERROR)),
        ("8.3.1", "no path", Now(head(&[GET, &field(":authority", "a")])), Stream(1, PROTOCOL_ERROR)),
        ("8.3.1", "an empty path", Now(head(&[GET, &field(":path", ""), &field(":authority", "a")])), Stream(1, PROTOCOL_ERROR)),
        ("8.3.1", "a path that does not begin with a slash", Now(head(&[GET, &field(":path", "hi"), &field(":authority", "a")])), Stream(1, PROTOCOL_ERROR)),
        ("8.3.1", "two methods", Now(head(&[&[0x82], GET, &place()])), Stream(1, PROTOCOL_ERROR)),
        ("8.3.1", "two schemes", Now(head(&[GET, &[0x86], &place()])), Stream(1, PROTOCOL_ERROR)),
        ("8.3.1", "two paths", Now(head(&[GET, &place(), &field(":path", "/")])), Stream(1, PROTOCOL_ERROR)),
        ("8.3.1", "two authorities", Now(head(&[GET, &place(), &field(":authority", "b")])), Stream(1, PROTOCOL_ERROR)),
        ("8.3.1", "an authority with a user", Now(head(&[GET, &field(":path", "/hi"), &field(":authority", "me@a")])), Answer(1, 400)),
        ("8.3.1", "an authority and another host", Now(with(&[&field("host", "b")])), Answer(1, 400)),
        ("8.3.1", "an authority and the same host", Now(with(&[&field("host", "a")])), Answer(1, 200)),
        ("8.3.1", "a host alone", Now(head(&[GET, &field(":path", "/hi"), &field("host", "a")])), Answer(1, 200)),
        ("8.3.1", "neither authority nor host", Now(head(&[GET, &field(":path", "/hi")])), Answer(1, 400)),
        ("8.3.1", "a method that is none", Now(head(&[&field(":method", "G T"), &[0x86], &place()])), UNREADABLE),
        ("8.3.1", "a fragment in the path", Now(head(&[GET, &field(":path", "/hi#a"), &field(":authority", "a")])), Answer(1, 200)),
        ("8.3.1", "OPTIONS of everything", Now(head(&[&field(":method", "OPTIONS"), &[0x86], &field(":path", "*"), &field(":authority", "a")])), Answer(1, 404)),
        ("8.5", "CONNECT with a path", Now(head(&[&field(":method", "CONNECT"), &place()])), Stream(1, PROTOCOL_ERROR)),
        ("8.5", "CONNECT with a scheme", Now(head(&[&field(":method", "CONNECT"), &[0x86], &field(":authority", "a:1")])), Stream(1, PROTOCOL_ERROR)),
        ("8.5", "CONNECT to nobody", Now(head(&[&field(":method", "CONNECT")])), Answer(1, 400)),
        ("8.5", "CONNECT where no route takes it", Now(head(&[&field(":method", "CONNECT"), &field(":authority", "a:1")])), Answer(1, 404)),
        ("8.5", "a protocol without CONNECT", Now(head(&[GET, &place(), &field(":protocol", "websocket")])), Stream(1, PROTOCOL_ERROR)),
        ("10.5.1", "a head larger than allowed", Now(with(&[&field("x", "y".repeat(9000)), &field("z", "y".repeat(7000))])), Answer(1, 200)),
    ]
}

/// What RFC 7541 says.
#[rustfmt::skip]
pub fn compression() -> Vec<Row> {
    vec![
        ("2.3.3", "an index behind the tables", Now(with(&[&[0x80 | 126]])), UNREADABLE),
        ("2.3.3", "a name behind the tables", Now(with(&[&integer(0, 4, 100), &string("x")])), UNREADABLE),
        ("2.3.3", "the last of the static table", Now(with(&[&[0x80 | 61]])), Answer(1, 200)),
        ("2.3.3", "the first of the dynamic table, which is empty", Now(with(&[&[0x80 | 62]])), UNREADABLE),
        ("3.2", "one table for all streams", Now(all([frame(HEADERS, WHOLE, 1, [GET, &[0x44], &string("/hi"), &[0x41], &string("a")].concat()), frame(HEADERS, WHOLE, 3, [GET, &[0xbf, 0xbe]].concat())])), Answer(1, 200)),
        ("4.2", "a size at the end of a block", Now(with(&[&[0x20]])), UNREADABLE),
        ("4.2", "a size between fields", Now(head(&[GET, &[0x20], &place()])), UNREADABLE),
        ("4.3", "a table without room keeps nothing", Now(head(&[&[0x20], GET, &[0x44], &string("/hi"), &[0x41], &string("a"), &[0xbe]])), UNREADABLE),
        ("4.4", "a field larger than the table empties it", Now(head(&[GET, &place(), &[0x40], &string("x"), &string("y".repeat(5000)), &[0xbe]])), UNREADABLE),
        ("5.1", "an integer in several octets", Now(with(&[&field("x", "y".repeat(1337))])), Answer(1, 200)),
        ("5.1", "an integer that is longer than it need be", Now(with(&[&[0, 1, b'x', 0x7f, 0x80, 0x00], "y".repeat(127).as_bytes()])), Answer(1, 200)),
        ("5.1", "an integer that is too large", Now(with(&[&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]])), UNREADABLE),
        ("5.1", "an integer without an end", Now(with(&[&[0xff, 0xff, 0xff]])), UNREADABLE),
        ("5.2", "a string longer than the block", Now(with(&[&[0, 1, b'x', 9, b'y']])), UNREADABLE),
        ("5.2", "Huffman", Now(head(&[GET, &[0x04, 0x83], &HI, &field(":authority", "a")])), Answer(1, 200)),
        ("5.2", "Huffman, filled up with more than seven bits", Now(head(&[GET, &[0x04, 0x84], &HI, &[0xff], &field(":authority", "a")])), UNREADABLE),
        ("5.2", "Huffman, filled up with zeros", Now(head(&[GET, &[0x04, 0x83, 0x62, 0x73, 0x00], &field(":authority", "a")])), UNREADABLE),
        ("5.2", "Huffman with the end of all strings", Now(head(&[GET, &[0x04, 0x87], &HI, &[0xff, 0xff, 0xff, 0xff], &field(":authority", "a")])), UNREADABLE),
        ("6.1", "an indexed field", Now(head(&[&[0x82, 0x86, 0x84], &field(":authority", "a")])), Answer(1, 404)),
        ("6.1", "index 0", Now(with(&[&[0x80]])), UNREADABLE),
        ("6.2.1", "kept, with a name of the table", Now(head(&[GET, &[0x44], &string("/hi"), &[0x41], &string("a")])), Answer(1, 200)),
        ("6.2.1", "kept, with a name of the table, Huffman", Now(head(&[GET, &[0x44, 0x83], &HI, &[0x41], &string("a")])), Answer(1, 200)),
        ("6.2.1", "kept, with a new name", Now(head(&[GET, &[0x40], &string(":path"), &string("/hi"), &[0x41], &string("a")])), Answer(1, 200)),
        ("6.2.2", "not kept, with a name of the table", Now(head(&[GET, &[0x04], &string("/hi"), &[0x01], &string("a")])), Answer(1, 200)),
        ("6.2.2", "not kept, with a new name", Now(head(&[GET, &place()])), Answer(1, 200)),
        ("6.2.3", "never kept, with a name of the table", Now(head(&[GET, &[0x14], &string("/hi"), &[0x11], &string("a")])), Answer(1, 200)),
        ("6.2.3", "never kept, with a new name, Huffman", Now(head(&[GET, &[0x10], &string(":path"), &[0x83], &HI, &[0x11], &string("a")])), Answer(1, 200)),
        ("6.3", "a smaller table", Now(head(&[&integer(0x20, 5, 128), GET, &place()])), Answer(1, 200)),
        ("6.3", "a smaller table, then a larger one", Now(head(&[&integer(0x20, 5, 128), &integer(0x20, 5, 4096), GET, &place()])), Answer(1, 200)),
        ("6.3", "a table larger than allowed", Now(head(&[&integer(0x20, 5, 4097), GET, &place()])), UNREADABLE),
        ("4.3 (RFC 9113)", "a block that is none", Now(head(&[&[0xff, 0xff, 0xff, 0xff, 0xff]])), UNREADABLE),
    ]
}
