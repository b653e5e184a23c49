//! `admission`.

use std::time::Duration;

use crate::document::AdmissionDoc;
use crate::fault::{Fault, Findings};
use crate::model::AdmissionControl;
use crate::source::Span;

/// The counts are looked at once a second: of less nothing can be said.
const WINDOW_MIN: Duration = Duration::from_secs(2);

/// What it comes to, with what is wrong in it.
pub(super) fn admission(document: &AdmissionDoc, span: Span, findings: &mut Findings) -> AdmissionControl {
    if *document.window() < WINDOW_MIN {
        let at = document.window.as_ref().map_or(span, |window| window.span);
        let found = format!("`window` is {:?}, which is too short to judge by", *document.window());
        findings.push_once(Fault::error(at, found).help("write `2s` or more"));
    }
    AdmissionControl {
        success_rate: document.success_rate(),
        aggression: document.aggression().map(|count| count.0),
        window: document.window(),
        volume: document.volume().map(|count| count.0),
        max: document.max(),
    }
}
