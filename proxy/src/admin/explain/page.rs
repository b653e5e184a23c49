//! `POST /explain`.

use std::fmt::Display;

use hyper::StatusCode;
use serde_json::json;

use super::judge::explain;
use super::question::Question;
use crate::admin::context::Site;
use crate::admin::pages::Asked;
use crate::admin::reply::Reply;

#[cfg(test)]
mod tests;

pub(in crate::admin) fn page(site: &Site, asked: &Asked) -> Reply {
    let shared = &site.shared;
    let answer = Question::from_json(&asked.body)
        .and_then(|question| explain(&shared.snapshot(), shared.pressure(), &question));
    match answer {
        Ok(explanation) if wants_text(&asked.accept) => Reply::text(StatusCode::OK, explanation.to_string()),
        Ok(explanation) => Reply::json(&json!(explanation)),
        Err(fault) => refused(&fault),
    }
}

fn refused(fault: &dyn Display) -> Reply {
    Reply::text(StatusCode::BAD_REQUEST, format!("{fault}\n"))
}

/// JSON is for programs, which often accept anything.
fn wants_text(accept: &str) -> bool {
    accept.split(',').any(|range| range.split(';').next().unwrap_or_default().trim() == "text/plain")
}
