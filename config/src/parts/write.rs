//! A tree as JSON.

use serde_json::{Map, Number, Value};

use crate::source::{Kind, Tree};

/// The same value. A scalar stays a number or a flag where it is written as one, so that it reads back as the same
/// text; all others become strings.
pub(super) fn json(tree: &Tree<'_>) -> Value {
    match &tree.kind {
        Kind::Text { text, plain } => scalar(text, *plain),
        Kind::List(items) => items.iter().map(json).collect(),
        Kind::Map(entries) => {
            let entries =
                entries.iter().map(|entry| (entry.key.value.clone().into_owned(), json(&entry.value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
    }
}

fn scalar(text: &str, plain: bool) -> Value {
    let number = || text.parse::<i64>().ok().filter(|number| number.to_string() == text);
    match text {
        "true" if plain => Value::Bool(true),
        "false" if plain => Value::Bool(false),
        _ => match number().filter(|_| plain) {
            Some(number) => Value::Number(Number::from(number)),
            None => Value::String(text.to_owned()),
        },
    }
}
