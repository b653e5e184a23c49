//! The tables of raw requests, by the part of a request that they are about.

pub mod body;
pub mod fields;
pub mod framing;
pub mod hops;
pub mod place;
pub mod start_line;

/// A `GET` with these bytes as the lines behind `Host`; each item brings its own ends of lines but the last.
pub fn with_lines(lines: &[u8]) -> Vec<u8> {
    [b"GET /fields HTTP/1.1\r\nHost: shop.test\r\n".as_slice(), lines, b"\r\n\r\n"].concat()
}

/// A `POST` with these lines, and this behind its head.
pub fn post(lines: &[u8], body: &[u8]) -> Vec<u8> {
    [b"POST /body HTTP/1.1\r\nHost: shop.test\r\n".as_slice(), lines, b"\r\n\r\n", body].concat()
}
