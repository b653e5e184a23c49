//! Why something was not done, as RFC 9457 writes it.

use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::reply::Reply;
use crate::api::access::Refusal;
use crate::api::seam::{Finding, WriteFault};
use crate::store::StoreFault;

/// Why something was not done.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::api) struct Problem {
    status: StatusCode,
    detail: String,
    more: Map<String, Value>,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), more: Map::new() }
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.more.insert(key.to_owned(), value);
        self
    }

    pub(in crate::api) fn bad(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 401 or 403, without detail: a stranger learns nothing.
    pub(in crate::api) fn refused(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::NoToken | Refusal::UnknownToken => {
                Self::new(StatusCode::UNAUTHORIZED, "a token is wanted: `Authorization: Bearer …`")
            }
            Refusal::NotLocal | Refusal::Browser | Refusal::Scope(_) => Self::forbidden(),
        }
    }

    pub(in crate::api) fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "this is not allowed")
    }

    pub(in crate::api) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(in crate::api) fn bad_method(method: &Method) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            format!("{method} is not answered here; `Allow` says what is"),
        )
    }

    pub(in crate::api) fn too_large(limit: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, format!("a body may have {limit} octets at most"))
    }

    pub(in crate::api) fn media(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
    }

    pub(in crate::api) fn slow_body() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "the body did not come in time")
    }

    pub(in crate::api) fn overloaded() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "too many requests are under way; try again in a second")
    }

    pub(in crate::api) fn late() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "this was not done in time; what was asked for may be done yet",
        )
    }

    pub(in crate::api) fn not_ready(reason: String) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, reason)
    }

    pub(in crate::api) fn too_many(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, detail)
    }

    /// 422 with everything that is wrong, and its places.
    pub(in crate::api) fn invalid(findings: &[Finding]) -> Self {
        let errors = findings.iter().filter(|finding| finding.is_error()).count();
        let detail = match errors {
            1 => "one thing is wrong with the documents; nothing was changed".to_owned(),
            count => format!("{count} things are wrong with the documents; nothing was changed"),
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with("faults", json!(findings))
    }

    /// 422 for what makes no sense as things stand.
    pub(in crate::api) fn senseless(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with("faults", json!([]))
    }

    pub(in crate::api) fn stale(current: u64) -> Self {
        let detail =
            format!("somebody else was first: the newest revision is {current} now; nothing was changed");
        Self::new(StatusCode::CONFLICT, detail).with("revision", json!(current))
    }

    pub(in crate::api) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    pub(in crate::api) fn failed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    }

    /// In words.
    pub(in crate::api) fn detail(&self) -> &str {
        &self.detail
    }
}

impl From<WriteFault> for Problem {
    fn from(fault: WriteFault) -> Self {
        match fault {
            WriteFault::Conflict { current } => Self::stale(current),
            WriteFault::ReadOnly { reason } => Self::conflict(reason).with("read_only", json!(true)),
            WriteFault::Unreadable { reason } => Self::conflict(reason),
            WriteFault::TooLarge { reason } => Self::senseless(reason),
            WriteFault::Busy => Self::overloaded(),
            WriteFault::Full { reason } => Self::new(StatusCode::INSUFFICIENT_STORAGE, reason),
            WriteFault::Failed { reason } => Self::failed(reason),
        }
    }
}

impl From<StoreFault> for Problem {
    fn from(fault: StoreFault) -> Self {
        let detail = fault.to_string();
        match fault {
            StoreFault::Conflict { current } => Self::stale(current),
            StoreFault::UnknownRevision { .. } => Self::not_found(detail),
            StoreFault::Full { .. } => Self::new(StatusCode::INSUFFICIENT_STORAGE, detail),
            StoreFault::Storage { .. } | StoreFault::Closed => Self::failed(detail),
        }
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        let Problem { status, detail, more } = problem;
        let mut about = json!({
            "title": status.canonical_reason().unwrap_or_default(),
            "status": status.as_u16(),
            "detail": detail,
        });
        if let Value::Object(about) = &mut about {
            about.extend(more);
        }
        let reply = Self::new("application/problem+json", format!("{about:#}\n")).status(status);
        match status {
            StatusCode::UNAUTHORIZED => reply.with(WWW_AUTHENTICATE, "Bearer"),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => reply.with(RETRY_AFTER, "1"),
            _ => reply,
        }
    }
}
