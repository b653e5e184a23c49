//! Values in lines. Whatever a client says: a line has one end, and nothing in it steers a terminal.

use std::io::Write;

#[cfg(test)]
mod tests;

/// A longer value is cut, and ends with [`CUT`].
pub const VALUE_BYTES_MAX: usize = 2048;

/// What stands where a value was cut.
pub const CUT: &str = "...";

/// Makes what stands in `line` from `start` on fit into a string of JSON (RFC 8259 §7). What is no UTF-8 becomes U+FFFD;
/// the control characters of Latin 1, which terminals obey too, are escaped as those of ASCII are, and so is what ends a
/// line elsewhere (U+2028, U+2029) or turns the text round (the directions of Unicode's bidirectional algorithm).
pub fn json(line: &mut Vec<u8>, start: usize) {
    escape(
        line,
        start,
        |octet| matches!(octet, b' '..=b'~') && !matches!(octet, b'"' | b'\\'),
        |text, line| {
            for letter in String::from_utf8_lossy(text).chars() {
                match letter {
                    '"' | '\\' => line.extend_from_slice(&[b'\\', letter as u8]),
                    _ if letter.is_control() || steers(letter) => hexadecimal(line, "\\u", 4, letter),
                    _ => line.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
                }
            }
        },
    );
}

/// The same for text: all that is not printable ASCII, and `"` and `\`, become `\xHH`, so that quotes around a value hold.
pub fn text(line: &mut Vec<u8>, start: usize) {
    escape(
        line,
        start,
        |octet| matches!(octet, b' '..=b'~') && !matches!(octet, b'"' | b'\\'),
        |text, line| {
            for octet in text {
                match octet {
                    b'"' | b'\\' | ..b' ' | 0x7f.. => hexadecimal(line, "\\x", 2, char::from(*octet)),
                    _ => line.push(*octet),
                }
            }
        },
    );
}

fn escape(
    line: &mut Vec<u8>,
    start: usize,
    plain: impl Fn(&u8) -> bool,
    write: impl FnOnce(&[u8], &mut Vec<u8>),
) {
    let value = line.get(start..).unwrap_or_default();
    if value.len() <= VALUE_BYTES_MAX && value.iter().all(plain) {
        return;
    }
    let value = line.split_off(start);
    write(value.get(..VALUE_BYTES_MAX).unwrap_or(&value), line);
    if value.len() > VALUE_BYTES_MAX {
        line.extend_from_slice(CUT.as_bytes());
    }
}

/// Whether it ends a line or turns the text round, though it is no control character.
fn steers(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A character by so many digits.
fn hexadecimal(line: &mut Vec<u8>, before: &str, digits: usize, letter: char) {
    // writing to a vector cannot fail
    let _ = write!(line, "{before}{:0digits$x}", letter as u32);
}
