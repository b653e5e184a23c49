//! The table as an OpenAPI 3.1 document.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::operation::{Answers, Body, Kind, Operation, Parameter};
use super::schemas::schemas;
use super::table::OPERATIONS;

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
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
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
    let schema = match parameter.kind {
        Kind::Text => json!({"type": "string", "minLength": 1}),
        Kind::Number => json!({"type": "integer", "minimum": 0}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Time => json!({"type": "string", "pattern": "^([0-9]+(d|h|m|s|ms))+$"}),
        Kind::Word(words) => json!({"enum": words}),
    };
    json!({"name": parameter.name, "in": "query", "description": parameter.about, "schema": schema})
}

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
            let yaml = json!({"schema": {"type": "string"}});
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
            json!({"application/json": reference(schema), "application/yaml": {"schema": {"type": "string"}}})
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
