//! One spelling for each path: what is matched here is what the upstream gets, so that no two hops read a path
//! differently.

use towpath_config::model::PathNormalization;

#[cfg(test)]
mod tests;

/// Why a path is no path. All of these are a 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// It does not begin with `/`.
    #[error("the path does not begin with `/`")]
    Relative,
    /// `%` without two hexadecimal digits behind it.
    #[error("a `%` in the path is not followed by two hexadecimal digits")]
    Encoding,
    /// `%00` to `%1F`, or `%7F`.
    #[error("the path holds an encoded control byte")]
    Control,
}

/// The path in the spelling that `mode` asks for (RFC 3986 §5.2.4 and §6.2.2, climbing stops at the root). A path
/// that is plain already is returned as it is; otherwise the result stands in `scratch`.
///
/// # Errors
/// When the path is relative, or holds a malformed percent-encoding or an encoded control byte, in every mode.
pub fn normalize<'a>(
    path: &'a str,
    mode: PathNormalization,
    scratch: &'a mut String,
) -> Result<&'a str, PathFault> {
    if !path.starts_with('/') {
        return Err(PathFault::Relative);
    }
    if is_plain(path.as_bytes(), mode)? {
        return Ok(path);
    }
    rewrite(path, mode, scratch);
    Ok(scratch)
}

/// Whether nothing is to be done. The only place that finds faults.
fn is_plain(path: &[u8], mode: PathNormalization) -> Result<bool, PathFault> {
    let mut plain = true;
    let mut rest = path;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'%' => plain &= decoded(octet(rest)?, mode).is_none(),
            b'\\' => plain = false,
            b'/' => plain &= !(starts_with_dot_segment(rest) || merges(mode) && rest.first() == Some(&b'/')),
            _ => {}
        }
    }
    Ok(plain || mode == PathNormalization::None)
}

fn merges(mode: PathNormalization) -> bool {
    mode >= PathNormalization::MergeSlashes
}

fn starts_with_dot_segment(rest: &[u8]) -> bool {
    matches!(rest, [b'.'] | [b'.', b'/', ..] | [b'.', b'.'] | [b'.', b'.', b'/', ..])
}

/// The octet that two hexadecimal digits at the beginning of `rest` stand for.
fn octet(rest: &[u8]) -> Result<u8, PathFault> {
    let digit = |position: usize| rest.get(position).and_then(|byte| char::from(*byte).to_digit(16));
    let (Some(high), Some(low)) = (digit(0), digit(1)) else { return Err(PathFault::Encoding) };
    let octet = (high << 4 | low) as u8;
    if octet.is_ascii_control() { Err(PathFault::Control) } else { Ok(octet) }
}

/// What an encoded octet is written as instead, if `mode` does not leave it encoded: the unreserved ones of RFC 3986
/// §2.3 as they are, and the two slashes when they are to be decoded.
fn decoded(octet: u8, mode: PathNormalization) -> Option<char> {
    match octet {
        b'-' | b'.' | b'_' | b'~' => Some(char::from(octet)),
        b'/' | b'\\' if mode == PathNormalization::DecodeAndMergeSlashes => Some('/'),
        _ => octet.is_ascii_alphanumeric().then_some(char::from(octet)),
    }
}

/// Writes the plain spelling of a path without faults: decoded text goes to `plain`, and each slash and the end
/// settle the segment before.
fn rewrite(path: &str, mode: PathNormalization, plain: &mut String) {
    plain.clear();
    plain.reserve(path.len());
    plain.push('/');
    let mut segment = plain.len();
    let mut rest = path.get(1..).unwrap_or_default();
    while let Some(position) = rest.find(['/', '\\', '%']) {
        let (text, special) = rest.split_at(position);
        plain.push_str(text);
        let encoded = special.as_bytes().split_first().filter(|(first, _)| **first == b'%');
        let length = if encoded.is_some() { "%00".len() } else { 1 };
        let (spelt, after) = special.split_at(length);
        rest = after;
        let character = encoded.map_or(Some('/'), |(_, digits)| decoded(octet(digits).ok()?, mode));
        match character {
            Some('/') => segment = settle(plain, segment, mode, Some('/')),
            Some(character) => plain.push(character),
            None => plain.push_str(spelt),
        }
    }
    plain.push_str(rest);
    settle(plain, segment, mode, None);
}

/// Ends the segment that begins at `start`, keeping, dropping or climbing out of it. Returns where the next begins.
fn settle(plain: &mut String, start: usize, mode: PathNormalization, slash: Option<char>) -> usize {
    match plain.get(start..).unwrap_or_default() {
        "." => plain.truncate(start),
        ".." => {
            let above = plain.get(..start.saturating_sub(1)).and_then(|above| above.rfind('/'));
            plain.truncate(above.unwrap_or(0) + 1);
        }
        "" if merges(mode) => {}
        _ => plain.extend(slash),
    }
    plain.len()
}
