//! `proxy.access_log`.

use serde_json::{Value, json};

use super::table::optional;
use crate::language::Write;
use crate::model::{AccessLog, LogCondition, LogFormat};
use crate::values::LogStyle;

pub(super) fn access_log(log: &AccessLog) -> Value {
    let mut object = json!({"to": log.to.write()});
    let mut put = |key, value| optional(&mut object, key, Some(value));
    match &log.format {
        LogFormat::Json(fields) => {
            put("format", LogStyle::Json.write());
            put("fields", list(fields));
        }
        LogFormat::Template(template) => put("template", template.write()),
        LogFormat::Short => put("format", LogStyle::Short.write()),
    }
    let when: Vec<_> = log.when.iter().map(condition).collect();
    optional(&mut object, "when", (!when.is_empty()).then(|| when.into()));
    object
}

fn condition(condition: &LogCondition) -> Value {
    let mut object = json!({});
    let LogCondition { status, reason, slower_than, sample } = condition;
    optional(&mut object, "status", (!status.is_empty()).then(|| list(status)));
    optional(&mut object, "reason", (!reason.is_empty()).then(|| list(reason)));
    optional(&mut object, "slower_than", slower_than.map(|time| time.write()));
    optional(&mut object, "sample", sample.map(|sample| sample.write()));
    object
}

fn list<T: Write>(values: &[T]) -> Value {
    values.iter().map(Write::write).collect()
}
