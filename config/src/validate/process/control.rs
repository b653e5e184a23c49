//! `proxy.control`: a file that has it holds nothing of a table.

use crate::document::{ControlDoc, ControlLimitsDoc, TableDoc};
use crate::fault::{Fault, Findings};
use crate::language::Fields;
use crate::model::{Control, ControlLimits};
use crate::source::At;

/// Where the table comes from, if this is not one.
pub(in crate::validate) fn control(document: Option<&At<ControlDoc>>) -> Option<Control> {
    let document = &document?.value;
    // without an address, which is a fault, nothing is asked
    let address = document.address.as_ref()?.value.0.clone();
    let limits = document.limits.as_ref().map_or_else(Fields::nothing, |limits| limits.value.clone());
    Some(Control {
        address,
        state: document.state.as_ref().map(|state| state.value.0.clone().into()),
        on_demand: document.on_demand().value.0,
        hold: document.hold(),
        forget: document.forget().value,
        telemetry: document.telemetry().value.0,
        limits: limits_of(&limits),
    })
}

fn limits_of(limits: &ControlLimitsDoc) -> ControlLimits {
    ControlLimits {
        message_bytes: limits.message_bytes().map(|size| size.0),
        table_bytes: limits.table_bytes().map(|size| size.0),
        waiting: limits.waiting().map(|count| count.0),
        hosts: limits.hosts().map(|count| count.0),
    }
}

/// Two sources of one table would have to be merged, and nobody could say what runs.
pub(in crate::validate) fn check_alone(table: &TableDoc, findings: &mut Findings) {
    let proxy = table.proxy.as_ref().map(|proxy| &proxy.value);
    let Some(control) = proxy.and_then(|proxy| proxy.control.as_ref()) else { return };
    let sections = [
        ("listeners", table.listeners.as_ref().map(|section| section.span)),
        ("defaults", table.defaults.as_ref().map(|section| section.span)),
        ("routes", table.routes.as_ref().map(|section| section.span)),
        ("clusters", table.clusters.as_ref().map(|section| section.span)),
    ];
    for (name, span) in sections {
        let Some(span) = span else { continue };
        let fault = Fault::error(span, format!("`{name}` come from the control server"));
        let fault = fault.related(control.span, "as this says");
        findings.push(fault.help("leave it out here, or leave out `proxy.control`"));
    }
}
