//! Conditions.

use serde_json::{Map, Value, json};

use super::table::optional;
use crate::language::Write;
use crate::model::{Condition, FieldCondition};

pub(super) fn conditions(conditions: &[Condition]) -> Value {
    Value::Array(conditions.iter().map(condition).collect())
}

pub(crate) fn condition(condition: &Condition) -> Value {
    let mut object = json!({});
    let fields = |fields: &[FieldCondition]| -> Option<Value> {
        let entries =
            fields.iter().map(|field| (field.name.clone(), field.value.write())).collect::<Map<_, _>>();
        (!entries.is_empty()).then(|| entries.into())
    };
    let list = |list: Vec<Value>| (!list.is_empty()).then(|| list.into());
    optional(&mut object, "path", condition.path.as_ref().map(|path| path.write()));
    optional(&mut object, "methods", list(condition.methods.iter().map(|method| json!(method)).collect()));
    optional(&mut object, "headers", fields(&condition.headers));
    optional(&mut object, "query", fields(&condition.query));
    optional(&mut object, "cookies", fields(&condition.cookies));
    optional(&mut object, "source", list(condition.source.iter().map(Write::write).collect()));
    object
}
