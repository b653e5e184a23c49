//! What is answered.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

/// An answer. What it holds is never to be kept by a cache.
#[derive(Debug)]
pub(in crate::api) struct Reply {
    status: StatusCode,
    media: &'static str,
    body: Body,
    more: Vec<(HeaderName, HeaderValue)>,
}

impl Reply {
    pub(in crate::api) fn new(media: &'static str, body: impl Into<Body>) -> Self {
        Self { status: StatusCode::OK, media, body: body.into(), more: Vec::new() }
    }

    pub(in crate::api) fn text(text: impl Into<String>) -> Self {
        Self::new("text/plain; charset=utf-8", text.into())
    }

    pub(in crate::api) fn json(value: &Value) -> Self {
        Self::new("application/json", format!("{value:#}\n"))
    }

    /// JSON of something that can always be written as such.
    pub(in crate::api) fn of(value: &impl Serialize) -> Self {
        Self::json(&serde_json::to_value(value).unwrap_or_default())
    }

    pub(in crate::api) fn yaml(text: String) -> Self {
        Self::new("application/yaml", text)
    }

    pub(in crate::api) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(in crate::api) fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.more.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }

    /// Says which revision it is of (RFC 9110 §8.8.3).
    pub(in crate::api) fn revision(self, number: u64) -> Self {
        self.with(ETAG, &format!("\"{number}\""))
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.more);
        response
    }
}
