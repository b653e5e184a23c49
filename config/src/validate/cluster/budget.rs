//! `retry_budget`.

use std::time::Duration;

use crate::document::RetryBudgetDoc;
use crate::fault::{Fault, Findings};
use crate::language::{Fields, OrNone};
use crate::model::{Place, Placed, RetryBudget};
use crate::source::{At, Span};

type Written = Option<At<OrNone<RetryBudgetDoc>>>;

const WINDOW_MIN: Duration = Duration::from_millis(100);
const WINDOW_MAX: Duration = Duration::from_secs(600);

/// The budget of a cluster; there is one, unless the table says otherwise.
pub(super) fn budget(written: &Written, findings: &mut Findings) -> Placed<Option<RetryBudget>> {
    let place = written.as_ref().map_or(Place::BuiltIn, |written| written.span.place());
    let document = match written {
        Some(At { value: OrNone::None, .. }) => return Placed { value: None, place },
        Some(At { value: OrNone::Some(document), .. }) => document,
        None => &RetryBudgetDoc::nothing(),
    };
    let (window, floor) = (document.window(), document.floor().map(OrNone::into_option));
    if let Some(At { span, .. }) = &document.window
        && !(WINDOW_MIN..=WINDOW_MAX).contains(&window.value)
    {
        let fault = Fault::error(*span, "this window of a budget is out of bounds");
        findings.push_once(fault.help("from 100ms to 10m"));
    }
    if let Some(floor) = *floor
        && floor.within(*window) == 0
    {
        let span =
            [document.floor.as_ref().map(|floor| floor.span), document.window.as_ref().map(|one| one.span)];
        let span = span.into_iter().flatten().next().unwrap_or_else(Span::default);
        let found = "this `floor` of a budget comes to less than one retry in its `window`";
        findings.push_once(Fault::error(span, found).help("make the window longer, or write `floor: none`"));
    }
    Placed { value: Some(RetryBudget { ratio: document.ratio(), floor, window }), place }
}
