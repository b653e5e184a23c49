//! The requests, as bytes: made once, before the first is sent.

mod range;

use std::io::IoSlice;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};

use super::url::Url;
use crate::arguments::Asking;
use crate::failure::Failure;
use crate::message::Asked;

/// The most bytes that all heads together may have.
const HEADS_BYTES_MAX: usize = 256 << 20;

/// The largest body of a request, in bytes.
const BODY_BYTES_MAX: u64 = 1 << 30;

/// What a call of gRPC says of itself (grpc/grpc doc/PROTOCOL-HTTP2.md).
const CALL: [(&str, &str); 2] = [("content-type", "application/grpc"), ("te", "trailers")];

/// All requests that are asked in turn.
#[derive(Debug)]
pub struct Questions {
    heads: Vec<Box<[u8]>>,
    /// The same for HTTP/2, where that is spoken.
    requests: Vec<Request<()>>,
    body: Bytes,
    asked: Asked,
}

impl Questions {
    /// Makes the requests.
    ///
    /// # Errors
    /// When what was asked for is no request.
    pub fn new(asking: &Asking, url: &Url, http2: bool) -> Result<Self, Failure> {
        Self::made(asking, url, http2).map_err(Failure::Usage)
    }

    fn made(asking: &Asking, url: &Url, http2: bool) -> Result<Self, String> {
        if !is_token(&asking.method) {
            return Err(format!("`{}` is no method; write a word such as GET", asking.method));
        }
        let mut fields = asking.headers.iter().map(|text| field(text)).collect::<Result<Vec<_>, _>>()?;
        let size = asking.body_size.map_or(0, |size| size.0);
        if size > BODY_BYTES_MAX {
            return Err(format!("a body of {size} bytes is too large; at most {BODY_BYTES_MAX}"));
        }
        let method = if asking.grpc { "POST" } else { &asking.method };
        let mut body = Vec::new();
        if asking.grpc {
            fields.extend(CALL);
            // a flag and the length go before each message
            body.push(0);
            body.extend_from_slice(&(size as u32).to_be_bytes());
        }
        body.resize(body.len() + size as usize, b'x');
        let length = body.len();
        let with_length =
            !asking.grpc && (asking.body_size.is_some() || matches!(method, "POST" | "PUT" | "PATCH"));
        let mut tail = String::new();
        if !fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            tail.push_str(&format!("host: {}\r\n", url.authority));
        }
        fields.iter().for_each(|(name, value)| tail.push_str(&format!("{name}: {value}\r\n")));
        if with_length {
            tail.push_str(&format!("content-length: {length}\r\n"));
        }
        let own = std::slice::from_ref(&url.path);
        let patterns = if asking.paths.is_empty() { own } else { &asking.paths };
        let like = http2.then(|| request(method, &fields, with_length.then_some(length))).transpose()?;
        let authority = fields.iter().rfind(|(name, _)| name.eq_ignore_ascii_case("host"));
        let authority = authority.map_or(url.authority.as_str(), |(_, value)| value);
        let (mut heads, mut requests) = (Vec::new(), Vec::new());
        let mut bytes = 0;
        for pattern in patterns {
            for path in range::paths(pattern)? {
                check_path(&path)?;
                let head = format!("{method} {path} HTTP/1.1\r\n{tail}\r\n");
                bytes += head.len();
                if bytes > HEADS_BYTES_MAX {
                    return Err(format!("the requests have more than {HEADS_BYTES_MAX} bytes in all"));
                }
                heads.push(head.into_bytes().into_boxed_slice());
                if let Some(like) = &like {
                    let mut request = like.clone();
                    *request.uri_mut() = uri(authority, &path)?;
                    requests.push(request);
                }
            }
        }
        let asked = Asked { head: asking.method == "HEAD", version_header: asking.version_header.clone() };
        Ok(Self { heads, requests, body: body.into(), asked })
    }

    /// What the answers depend on.
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// A request as HTTP/2 has it.
    pub fn request(&self, index: u64) -> Request<()> {
        let turn = index % self.requests.len().max(1) as u64;
        self.requests.get(turn as usize).cloned().unwrap_or_default()
    }

    /// The body of every request.
    pub fn body(&self) -> &Bytes {
        &self.body
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

/// A request of HTTP/2 without its path.
fn request(method: &str, fields: &[(&str, &str)], length: Option<usize>) -> Result<Request<()>, String> {
    let mut request = Request::new(());
    *request.version_mut() = http::Version::HTTP_2;
    *request.method_mut() = Method::from_bytes(method.as_bytes()).map_err(|error| error.to_string())?;
    let map: &mut HeaderMap = request.headers_mut();
    for (name, value) in fields.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host")) {
        let wrong = |_| format!("`{name}: {value}` cannot be sent by HTTP/2");
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong(()))?;
        map.append(name, HeaderValue::from_str(value).map_err(|_| wrong(()))?);
    }
    if let Some(length) = length {
        map.insert(http::header::CONTENT_LENGTH, length.into());
    }
    Ok(request)
}

fn uri(authority: &str, path: &str) -> Result<Uri, String> {
    let uri = Uri::builder().scheme("http").authority(authority).path_and_query(path).build();
    uri.map_err(|error| format!("`http://{authority}{path}` cannot be asked for by HTTP/2: {error}"))
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
