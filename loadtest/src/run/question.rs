//! The requests, as bytes: made once, before the first is sent.

mod range;

use std::io::IoSlice;

use super::url::Url;
use crate::arguments::Asking;
use crate::failure::Failure;
use crate::message::Asked;

/// The most bytes that all heads together may have.
const HEADS_BYTES_MAX: usize = 256 << 20;

/// The largest body of a request, in bytes.
const BODY_BYTES_MAX: u64 = 1 << 30;

/// All requests that are asked in turn.
#[derive(Debug)]
pub struct Questions {
    heads: Vec<Box<[u8]>>,
    body: Box<[u8]>,
    asked: Asked,
}

impl Questions {
    /// Makes the requests.
    ///
    /// # Errors
    /// When what was asked for is no request.
    pub fn new(asking: &Asking, url: &Url) -> Result<Self, Failure> {
        Self::made(asking, url).map_err(Failure::Usage)
    }

    fn made(asking: &Asking, url: &Url) -> Result<Self, String> {
        if !is_token(&asking.method) {
            return Err(format!("`{}` is no method; write a word such as GET", asking.method));
        }
        let fields = asking.headers.iter().map(|text| field(text)).collect::<Result<Vec<_>, _>>()?;
        let length = asking.body_size.map_or(0, |size| size.0);
        if length > BODY_BYTES_MAX {
            return Err(format!("a body of {length} bytes is too large; at most {BODY_BYTES_MAX}"));
        }
        let mut tail = String::new();
        if !fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            tail.push_str(&format!("host: {}\r\n", url.authority));
        }
        fields.iter().for_each(|(name, value)| tail.push_str(&format!("{name}: {value}\r\n")));
        if asking.body_size.is_some() || matches!(asking.method.as_str(), "POST" | "PUT" | "PATCH") {
            tail.push_str(&format!("content-length: {length}\r\n"));
        }
        let own = std::slice::from_ref(&url.path);
        let patterns = if asking.paths.is_empty() { own } else { &asking.paths };
        let mut heads = Vec::new();
        let mut bytes = 0;
        for pattern in patterns {
            for path in range::paths(pattern)? {
                check_path(&path)?;
                let head = format!("{} {path} HTTP/1.1\r\n{tail}\r\n", asking.method);
                bytes += head.len();
                if bytes > HEADS_BYTES_MAX {
                    return Err(format!("the requests have more than {HEADS_BYTES_MAX} bytes in all"));
                }
                heads.push(head.into_bytes().into_boxed_slice());
            }
        }
        let asked = Asked { head: asking.method == "HEAD", version_header: asking.version_header.clone() };
        Ok(Self { heads, body: vec![b'x'; length as usize].into_boxed_slice(), asked })
    }

    /// What the answers depend on.
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// How many bytes of the body are among the first `sent` of a request.
    pub fn body_bytes_of(&self, index: u64, sent: usize) -> u64 {
        sent.saturating_sub(self.head(index).len()) as u64
    }

    /// The length of a whole request, in bytes.
    pub fn bytes(&self, index: u64) -> usize {
        self.head(index).len() + self.body.len()
    }

    /// What is left of a request of which so many bytes were sent.
    pub fn unsent(&self, index: u64, sent: usize) -> [IoSlice<'_>; 2] {
        let head = self.head(index);
        let rest = head.get(sent..).unwrap_or_default();
        let body = self.body.get(sent.saturating_sub(head.len())..).unwrap_or_default();
        [IoSlice::new(rest), IoSlice::new(body)]
    }

    fn head(&self, index: u64) -> &[u8] {
        let turn = index % self.heads.len().max(1) as u64;
        self.heads.get(turn as usize).map(AsRef::as_ref).unwrap_or_default()
    }
}

fn check_path(path: &str) -> Result<(), String> {
    if !path.starts_with('/') {
        return Err(format!("the path `{path}` does not begin with `/`"));
    }
    match path.bytes().find(|byte| !byte.is_ascii_graphic()) {
        Some(_) => Err(format!("the path `{path}` has a character that must be written as %XX")),
        None => Ok(()),
    }
}

fn field(text: &str) -> Result<(&str, &str), String> {
    let (name, value) = text
        .split_once(':')
        .filter(|(name, _)| is_token(name))
        .ok_or_else(|| format!("`{text}` is no field; write it as 'name: value'"))?;
    if ["content-length", "transfer-encoding", "connection"].iter().any(|own| name.eq_ignore_ascii_case(own))
    {
        return Err(format!("`{name}` is said by the generator itself; --body-size gives requests a body"));
    }
    if value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
        return Err(format!("the value of `{name}` has a control character"));
    }
    Ok((name, value.trim()))
}

/// A token (RFC 9110 section 5.6.2).
fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests;
