//! The table as an OpenAPI 3.1 document.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::operation::{Answers, Body, Kind, Operation, Parameter};
use super::schemas::schemas;
use super::table::OPERATIONS;
use crate::api::index;

/// The document.
pub(in crate::api) fn document() -> Value {
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Value::Object(path) = path {
            path.insert(operation.verb.word().to_owned(), described(operation));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Towpath control server",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    })
}

fn described(operation: &Operation) -> Value {
    let names = operation
        .names()
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": schema(in_path(name))}));
    let parameters: Vec<_> = names.chain(operation.query.iter().map(parameter)).collect();
    let mut out = json!({
        "operationId": format!("{:?}", operation.page).to_lowercase(),
        "summary": operation.about,
        "parameters": parameters,
        "responses": responses(operation),
        "security": if operation.scope.is_some() { json!([{"token": []}, {}]) } else { json!([]) },
    });
    if let (Some(body), Value::Object(out)) = (body(operation.body), &mut out) {
        out.insert("requestBody".to_owned(), json!({"required": true, "content": body}));
    }
    out
}

fn parameter(parameter: &Parameter) -> Value {
    let schema = schema(parameter.kind);
    json!({"name": parameter.name, "in": "query", "description": parameter.about, "schema": schema})
}

/// What may stand in a path under this name.
fn in_path(name: &str) -> Kind {
    match name {
        "namespace" => Kind::Name,
        "kind" => Kind::Resource,
        "number" => Kind::Number,
        _ => Kind::Text,
    }
}

fn schema(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({"type": "string", "minLength": 1}),
        Kind::Name => {
            json!({"type": "string", "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", "maxLength": 253})
        }
        Kind::Resource => json!({"enum": index::Kind::all_words()}),
        Kind::Number => json!({"type": "integer", "minimum": 0, "maximum": u64::MAX}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Time => json!({"type": "string", "minLength": 2, "pattern": TIME}),
        Kind::Word(words) => json!({"enum": words}),
    }
}

/// `250ms`, `30s`, `1m30s`: each unit once, the larger ones first.
const TIME: &str =
    "^([1-9][0-9]{0,2}d)?([1-9][0-9]{0,4}h)?([1-9][0-9]{0,4}m)?([1-9][0-9]{0,4}s)?([1-9][0-9]{0,4}ms)?$";

fn reference(schema: &str) -> Value {
    json!({"schema": {"$ref": format!("#/components/schemas/{schema}")}})
}

fn body(body: Body) -> Option<Value> {
    match body {
        Body::None => None,
        Body::Json(schema) => Some(json!({"application/json": reference(schema)})),
        Body::Documents => {
            let one_or_many =
                json!({"oneOf": [{"$ref": "#/components/schemas/Documents"}, {"type": "object"}]});
            let yaml = json!({"schema": {"type": "object"}});
            Some(json!({"application/yaml": yaml, "application/json": {"schema": one_or_many}}))
        }
    }
}

/// What any request that needs a token may be answered.
const ANY: [StatusCode; 5] = [
    StatusCode::BAD_REQUEST,
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::SERVICE_UNAVAILABLE,
];

/// What any request with a body may be answered.
const ANY_BODY: [StatusCode; 3] =
    [StatusCode::REQUEST_TIMEOUT, StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNSUPPORTED_MEDIA_TYPE];

/// The statuses of problems that an operation may end with.
pub(in crate::api) fn problems(operation: &Operation) -> Vec<StatusCode> {
    let own = operation.problems.iter().filter_map(|status| StatusCode::from_u16(*status).ok());
    let any = ANY.into_iter().filter(|_| operation.scope.is_some());
    let body = ANY_BODY.into_iter().filter(|_| operation.body != Body::None);
    let query = [StatusCode::BAD_REQUEST].into_iter();
    let mut all: Vec<_> = own.chain(any).chain(body).chain(query).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn responses(operation: &Operation) -> Map<String, Value> {
    let content = match operation.answers {
        Answers::Json(schema) => json!({"application/json": reference(schema)}),
        Answers::JsonOrYaml(schema) => {
            // a document for each namespace
            json!({"application/json": reference(schema), "application/yaml": {}})
        }
        Answers::Other(media) => {
            let mut content = Map::new();
            content.insert(media.to_owned(), json!({}));
            content.into()
        }
    };
    let done = ("200".to_owned(), json!({"description": "It was done.", "content": content}));
    let problem = json!({"application/problem+json": reference("Problem")});
    let problems = problems(operation).into_iter().map(|status| {
        let reason = status.canonical_reason().unwrap_or_default();
        (status.as_u16().to_string(), json!({"description": reason, "content": problem}))
    });
    std::iter::once(done).chain(problems).collect()
}

#[cfg(test)]
mod tests;
