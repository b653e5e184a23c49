//! `proxy.access_log`.

use crate::document::{AccessLogDoc, LogConditionDoc};
use crate::fault::{Fault, Findings};
use crate::language::{Fields, OneOrMany, ShortOr};
use crate::model::{AccessLog, LogCondition, LogField, LogFormat, LogPlace};
use crate::source::{At, Span};
use crate::values::LogStyle;

/// So many logs a table may have: each one costs every request.
const LOGS_MAX: usize = 8;

type Logs = OneOrMany<ShortOr<LogPlace, AccessLogDoc>>;

pub(super) fn access_logs(document: Option<&At<Logs>>, findings: &mut Findings) -> Vec<AccessLog> {
    let written = document.map(|document| document.value.0.as_slice()).unwrap_or_default();
    let mut logs: Vec<(AccessLog, Span)> = Vec::new();
    for At { value, span } in written {
        let found = match value {
            ShortOr::Short(place) => {
                log(&At { value: place.clone(), span: *span }, &AccessLogDoc::nothing(), findings)
            }
            ShortOr::Long(long) => long.to.as_ref().and_then(|to| log(to, long, findings)),
        };
        let Some((log, place)) = found else { continue };
        match logs.iter().find(|(known, _)| known.to == log.to) {
            Some((_, first)) => {
                let found = format!("`{}` has an access log already", *log.to);
                let help = "join them: `when` may be a list, of which any may hold";
                findings.push(Fault::error(place, found).related(*first, "here").help(help));
            }
            None => logs.push((log, place)),
        }
    }
    if let Some(At { span, .. }) = written.get(LOGS_MAX) {
        let found = format!("a table has at most {LOGS_MAX} access logs, and here are {}", written.len());
        findings.push(Fault::error(*span, found).help("each of them costs every request"));
    }
    logs.into_iter().map(|(log, _)| log).collect()
}

fn log(to: &At<LogPlace>, document: &AccessLogDoc, findings: &mut Findings) -> Option<(AccessLog, Span)> {
    let format = format(document, findings)?;
    let conditions = document.when.iter().flat_map(|when| &when.value.0);
    let when: Vec<_> = conditions.map(|when| condition(when, findings)).collect();
    let when = when.into_iter().collect::<Option<_>>()?;
    Some((AccessLog { to: to.placed(), format, when }, to.span))
}

fn format(document: &AccessLogDoc, findings: &mut Findings) -> Option<LogFormat> {
    if !document.wrong().is_empty() {
        return None;
    }
    let written = [
        document.template.as_ref().map(|at| ("template", at.span)),
        document.fields.as_ref().map(|at| ("fields", at.span)),
        document
            .format
            .as_ref()
            .filter(|at| at.value == LogStyle::Short)
            .map(|at| ("format: short", at.span)),
    ];
    let mut written = written.into_iter().flatten();
    if let (Some((first, one)), Some((second, other))) = (written.next(), written.next()) {
        let fault =
            Fault::error(other, format!("a line is written by `{first}` or by `{second}`, not by both"));
        findings.push(fault.related(one, "the other one").help("leave one of them out"));
        return None;
    }
    if let (Some(template), Some(format)) = (&document.template, &document.format) {
        let fault = Fault::error(format.span, "a line that has a `template` has no `format`");
        findings.push(fault.related(template.span, "the template").help("leave one of them out"));
        return None;
    }
    match (&document.template, document.format().value) {
        (Some(template), _) => Some(LogFormat::Template(template.value.clone())),
        (None, LogStyle::Short) => Some(LogFormat::Short),
        (None, LogStyle::Json) => fields(document.fields().value, findings).map(LogFormat::Json),
    }
}

/// The fields of a line, none of which may be there twice.
fn fields(OneOrMany(written): OneOrMany<LogField>, findings: &mut Findings) -> Option<Vec<LogField>> {
    let mut fields: Vec<At<LogField>> = Vec::new();
    let mut twice = false;
    for field in written {
        if let Some(first) = fields.iter().find(|known| known.value == field.value) {
            let fault = Fault::error(field.span, format!("`{}` is there twice", field.value.name));
            findings.push(fault.related(first.span, "first here").help("keep one of them"));
            twice = true;
        }
        fields.push(field);
    }
    (!twice).then(|| fields.into_iter().map(|field| field.value).collect())
}

fn condition(
    At { value: document, span }: &At<LogConditionDoc>,
    findings: &mut Findings,
) -> Option<LogCondition> {
    if !document.wrong().is_empty() {
        return None;
    }
    let LogConditionDoc { status, reason, slower_than, sample, .. } = document;
    let is_empty = status.is_none() && reason.is_none() && slower_than.is_none() && sample.is_none();
    if is_empty {
        let fault = Fault::error(*span, "this condition says nothing");
        findings.push(
            fault.help("write one of `status`, `reason`, `slower_than`, `sample`, or leave `when` out"),
        );
        return None;
    }
    Some(LogCondition {
        status: status.iter().flat_map(|status| status.value.clone().into_values()).collect(),
        reason: reason.iter().flat_map(|reason| reason.value.clone().into_values()).collect(),
        slower_than: slower_than.as_ref().map(|time| time.value),
        sample: sample.as_ref().map(|sample| sample.value),
    })
}
