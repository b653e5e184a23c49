//! Raw answers of an upstream.

/// What the client must get.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// This status and this body, whole.
    Whole(u16, Vec<u8>),
    /// This status and the begin of this body, seen to be broken off.
    Cut(u16, Vec<u8>),
    /// 502 with one of these reasons.
    Refused(&'static [&'static str]),
}

/// One row.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What it is about.
    pub name: String,
    /// The method of the request.
    pub method: &'static str,
    /// What the upstream sends.
    pub bytes: Vec<u8>,
    /// Whether the upstream closes then.
    pub closes: bool,
    /// What the client must get.
    pub outcome: Outcome,
}

fn answer(method: &'static str, bytes: &[u8], closes: bool, outcome: Outcome) -> Answer {
    let name: String = bytes.escape_ascii().to_string().chars().take(80).collect();
    Answer { name: format!("{method} → {name}"), method, bytes: bytes.to_vec(), closes, outcome }
}

fn whole(status: u16, body: &[u8]) -> Outcome {
    Outcome::Whole(status, body.to_vec())
}

/// Answers that are forwarded.
pub fn good() -> Vec<Answer> {
    let kept: &[(&'static str, &[u8], u16, &[u8])] = &[
        ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, b"hello"),
        ("GET", b"HTTP/1.1 200 OK\r\nContent-Length:5\r\n\r\nhello", 200, b"hello"),
        ("GET", b"HTTP/1.1 200 OK\r\ncontent-length:\t5 \r\n\r\nhello", 200, b"hello"),
        ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, b""),
        ("GET", b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", 200, b""),
        ("GET", b"HTTP/1.1 200 Caf\xe9\r\nContent-Length: 0\r\n\r\n", 200, b""),
        ("GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, b"hello"),
        ("GET", b"HTTP/1.1 200 OK\r\ntransfer-encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, b"hello"),
        ("GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0;z\r\n\r\n", 200, b"hello"),
        ("GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, b""),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n", 304, b""),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, b""),
        ("GET", b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", 404, b"no"),
        ("GET", b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\nno", 500, b"no"),
        ("GET", b"HTTP/1.1 599 Own\r\nContent-Length: 0\r\n\r\n", 599, b""),
        ("GET", b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", 302, b""),
        ("GET", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
        ("GET", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, b""),
        ("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200, b""),
        ("HEAD", b"HTTP/1.1 200 OK\r\n\r\n", 200, b""),
        ("HEAD", b"HTTP/1.1 404 Not Found\r\nContent-Length: 99999\r\n\r\n", 404, b""),
        ("POST", b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok", 201, b"ok"),
        ("OPTIONS", b"HTTP/1.1 204 No Content\r\nAllow: GET\r\n\r\n", 204, b""),
        // more than was promised: the rest is no answer to anybody, and the connection is given up
        ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", 200, b"ok"),
        ("GET", b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", 204, b""),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", 204, b""),
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, b""),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello", 304, b""),
        ("GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", 200, b""),
    ];
    let closed: &[(&'static str, &[u8], u16, &[u8])] = &[
        ("GET", b"HTTP/1.1 200 OK\r\n\r\nhello", 200, b"hello"),
        ("GET", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello", 200, b"hello"),
        ("GET", b"HTTP/1.1 200 OK\r\n\r\n", 200, b""),
        ("GET", b"HTTP/1.0 200 OK\r\n\r\nhello", 200, b"hello"),
        ("GET", b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, b"hello"),
        ("GET", b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", 200, b"hello"),
        ("GET", b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, b"hello"),
        ("POST", b"HTTP/1.1 200 OK\r\n\r\nhello", 200, b"hello"),
        ("HEAD", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", 200, b""),
    ];
    let rows = |rows: &[(&'static str, &[u8], u16, &[u8])], closes: bool| -> Vec<Answer> {
        rows.iter()
            .map(|(method, bytes, status, body)| answer(method, bytes, closes, whole(*status, body)))
            .collect()
    };
    [rows(kept, false), rows(closed, true)].concat()
}

/// Answers of which nothing is forwarded.
pub fn bad() -> Vec<Answer> {
    let lines: &[&[u8]] = &[
        b"HTTP/1.1 20 OK",
        b"HTTP/1.1 2000 OK",
        b"HTTP/1.1 abc OK",
        b"HTTP/1.1 2x0 OK",
        b"HTTP/1.1 +20 OK",
        b"HTTP/1.1 -20 OK",
        b"HTTP/1.1 099 OK",
        b"HTTP/1.1 000 OK",
        b"HTTP/1.1200 OK",
        b"HTTP/1.1  200 OK",
        b"HTTP/1.1\t200 OK",
        b"HTTP/1.1 200\tOK",
        b"HTTP/2.0 200 OK",
        b"HTTP/1.2 200 OK",
        b"HTTP/0.9 200 OK",
        b"http/1.1 200 OK",
        b"HTTP/1.10 200 OK",
        b"ICY 200 OK",
        b"200 OK",
        b" HTTP/1.1 200 OK",
        b"HTTP/1.1",
        b"HTTP/1.1 ",
        b"garbage",
        b"GET / HTTP/1.1",
        b"HTTP/1.1 200 O\x00K",
        b"HTTP/1.1 200 O\rK",
        b"HTTP/1.1 200 O\x7fK",
        b"HTTP/1.1 101 Switching Protocols",
        b"HTTP/1.1 200 OK\r",
        b"\x00",
        b"SSH-2.0-OpenSSH_9.2",
        b"\x15\x03\x01\x00\x02\x02\x16",
    ];
    let fields: &[&[u8]] = &[
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5",
        b"Content-Length: 5\r\nContent-Length: 5",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 5, 5",
        b"Content-Length: +5",
        b"Content-Length: -5",
        b"Content-Length: 0x5",
        b"Content-Length:",
        b"Content-Length: 5 5",
        b"Content-Length: five",
        b"Content-Length: 99999999999999999999",
        b"Content-Length : 5",
        b"Content-Length\t: 5",
        b" Content-Length: 5",
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: identity",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding: \"chunked\"",
        b"Transfer-Encoding:\x0bchunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        b"Transfer-Encoding : chunked",
        b"Transfer-Encoding: gzip",
        b"Transfer-Encoding:",
        b"X: a\r\n b\r\nContent-Length: 5",
        b"X: a\r\n\tb\r\nContent-Length: 5",
        b"X: a\nContent-Length: 5",
        b"X: a\rContent-Length: 5",
        b"X: a\x00\r\nContent-Length: 5",
        b"X: a\x01\r\nContent-Length: 5",
        b"X: \x7f\r\nContent-Length: 5",
        b"X\r\nContent-Length: 5",
        b": x\r\nContent-Length: 5",
        b"X Y: a\r\nContent-Length: 5",
        b"X\x00: a\r\nContent-Length: 5",
        b"X(: a\r\nContent-Length: 5",
        b"X\x80: a\r\nContent-Length: 5",
        b"Connection: content-length\r\nContent-Length: 5",
    ];
    let refused = || Outcome::Refused(&["bad-response", "response-head-too-large"]);
    let line = |line: &&[u8]| {
        answer("GET", &[line, b"\r\nContent-Length: 5\r\n\r\nhello".as_slice()].concat(), false, refused())
    };
    let field = |line: &&[u8]| {
        answer("GET", &[b"HTTP/1.1 200 OK\r\n".as_slice(), line, b"\r\n\r\nhello"].concat(), false, refused())
    };
    let old = b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let bare = b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello";
    let late = b"HTTP/1.1 100 Continue\r\n\r\ngarbage\r\n\r\n";
    let long =
        [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &vec![b'x'; 1_000_000], b"\r\nContent-Length: 0\r\n\r\n"]
            .concat();
    let many =
        [b"HTTP/1.1 200 OK\r\n".as_slice(), &b"X: y\r\n".repeat(2000), b"Content-Length: 0\r\n\r\n"].concat();
    let reset = || Outcome::Refused(&["reset"]);
    let mut rows: Vec<Answer> = lines.iter().map(line).chain(fields.iter().map(field)).collect();
    rows.extend([
        answer("GET", old, false, refused()),
        answer("GET", bare, false, refused()),
        answer("GET", late, false, refused()),
        answer("GET", &long, true, refused()),
        answer("GET", &many, true, refused()),
        answer("GET", b"", true, reset()),
        answer("POST", b"", true, reset()),
        answer("GET", b"HTTP/1.1 200 OK\r\nContent-Le", true, reset()),
        answer("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", true, reset()),
        answer("GET", b"HTTP/1.1 100 Continue\r\n\r\n", true, reset()),
    ]);
    rows
}

/// Answers whose bodies break.
pub fn cut() -> Vec<Answer> {
    let closed: &[&[u8]] = &[
        b"Content-Length: 10\r\n\r\nhello",
        b"Content-Length: 5\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n9\r\nhello",
    ];
    let chunks: &[&[u8]] = &[
        b"+5\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b" 5\r\nhello\r\n0\r\n\r\n",
        b"5 \r\nhello\r\n0\r\n\r\n",
        b"g\r\nhello\r\n0\r\n\r\n",
        b"\r\nhello\r\n0\r\n\r\n",
        b"5\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhelloX\r\n0\r\n\r\n",
        b"4\r\nhello\r\n0\r\n\r\n",
        b"5;\r\nhello\r\n0\r\n\r\n",
        b"5;a\nhello\r\n0\r\n\r\n",
        b"fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n",
        b"5\r\nhello\r\n0\r\nX : y\r\n\r\n",
        b"5\r\nhello\r\n0\r\nX: y\n\r\n",
        b"5\r\nhello\r\n0\r\n X: y\r\n\r\n",
        b"5\r\nhello\r\n0\n\n",
    ];
    let part = || Outcome::Cut(200, b"hello".to_vec());
    let closed = closed
        .iter()
        .map(|rest| answer("GET", &[b"HTTP/1.1 200 OK\r\n".as_slice(), rest].concat(), true, part()));
    let chunks = chunks.iter().map(|rest| {
        answer(
            "GET",
            &[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".as_slice(), rest].concat(),
            false,
            part(),
        )
    });
    closed.chain(chunks).collect()
}
