//! The lines between chunks (RFC 9112 §7.1), read strictly. Extensions are checked and then dropped.

use super::head::is_token;

/// A size line may not be longer than this.
pub const LINE_MAX: usize = 512;

/// What a look at the front of the input gave.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<T> {
    /// More bytes are needed.
    Partial,
    /// A whole line of so many bytes, and what it says.
    Whole(usize, T),
    /// Nothing that may stand here.
    Malformed,
}

/// Reads `size [extensions] CR LF`.
pub fn read_size(input: &[u8]) -> Line<u64> {
    let window = input.get(..LINE_MAX.min(input.len())).unwrap_or_default();
    let Some(end) = memchr::memchr(b'\n', window) else {
        return if window.len() < LINE_MAX && is_size_start(window) {
            Line::Partial
        } else {
            Line::Malformed
        };
    };
    let Some(line) = input.get(..end).and_then(|line| line.strip_suffix(b"\r")) else {
        return Line::Malformed;
    };
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (number, extensions) = line.split_at_checked(digits).unwrap_or_default();
    if number.is_empty() || number.len() > 15 || !are_extensions(extensions) {
        return Line::Malformed;
    }
    let size = number
        .iter()
        .fold(0_u64, |sum, digit| sum * 16 + u64::from(char::from(*digit).to_digit(16).unwrap_or_default()));
    Line::Whole(end + 1, size)
}

/// Whether a line that is not whole yet can still become one, so that garbage is not waited for.
fn is_size_start(window: &[u8]) -> bool {
    window.first().is_none_or(u8::is_ascii_hexdigit) && !window.contains(&0)
}

/// `*( ";" token [ "=" ( token / quoted-string ) ] )`, without the white space that senders must not write.
fn are_extensions(mut rest: &[u8]) -> bool {
    while let Some(after) = rest.strip_prefix(b";") {
        let name = token_length(after);
        let tail = after.get(name..).unwrap_or_default();
        rest = match tail.strip_prefix(b"=") {
            None => tail,
            Some(value) => match value.strip_prefix(b"\"") {
                Some(quoted) => match quoted_length(quoted) {
                    Some(length) => quoted.get(length..).unwrap_or_default(),
                    None => return false,
                },
                None if token_length(value) == 0 => return false,
                None => value.get(token_length(value)..).unwrap_or_default(),
            },
        };
        if name == 0 {
            return false;
        }
    }
    rest.is_empty()
}

fn token_length(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| is_token(**byte)).count()
}

/// Length of the rest of a quoted string with its closing quote.
fn quoted_length(bytes: &[u8]) -> Option<usize> {
    let mut escaped = false;
    for (position, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' if !escaped => return Some(position + 1),
            b'\\' if !escaped => escaped = true,
            0x20..=0x7e | b'\t' => escaped = false,
            _ => return None,
        }
    }
    None
}

/// Reads the CR LF behind a chunk's octets.
pub fn read_end(input: &[u8]) -> Line<()> {
    match input {
        [b'\r', b'\n', ..] => Line::Whole(2, ()),
        [] | [b'\r'] => Line::Partial,
        _ => Line::Malformed,
    }
}
