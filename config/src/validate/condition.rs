//! `match`, `bypass`, `trust`.

use ipnet::IpNet;

use crate::document::{ConditionDoc, GrpcDoc};
use crate::fault::{Fault, Findings};
use crate::language::{OneOrMany, Pairs};
use crate::model::{Condition, FieldCondition, GRPC_MEDIA_TYPE, PathPattern, Placed, Segment, ValueMatch};
use crate::source::At;

/// The alternatives, in the order written; none when nothing is written.
pub(super) fn conditions(
    written: Option<&At<OneOrMany<ConditionDoc>>>,
    findings: &mut Findings,
) -> Vec<Condition> {
    let written = written.into_iter().flat_map(|written| &written.value.0);
    let condition = |document: &At<ConditionDoc>| {
        let plain = condition(&document.value, document);
        match &document.value.grpc {
            Some(grpc) => call(plain, &document.value, grpc, findings),
            None => plain,
        }
    };
    written.map(condition).collect()
}

fn condition(document: &ConditionDoc, place: &At<ConditionDoc>) -> Condition {
    let mut methods: Vec<String> = all(document.methods.as_ref()).map(|method| method.0.clone()).collect();
    methods.sort();
    methods.dedup();
    Condition {
        place: place.span.place(),
        path: document.path.as_ref().map(At::placed),
        methods,
        headers: fields(document.headers.as_ref(), |name| name.0.clone()),
        query: fields(document.query.as_ref(), |name| name.0.clone()),
        cookies: fields(document.cookies.as_ref(), |name| name.0.clone()),
        source: nets(document.source.as_ref()),
    }
}

/// The condition with what makes a request a call of gRPC (grpc/grpc doc/PROTOCOL-HTTP2.md, Requests).
fn call(
    condition: Condition,
    document: &ConditionDoc,
    grpc: &At<GrpcDoc>,
    findings: &mut Findings,
) -> Condition {
    let headers = document.headers.iter().flat_map(|headers| &headers.value.list);
    let content_type = headers.map(|(name, _)| name).find(|name| name.value.0 == CONTENT_TYPE);
    for (key, span) in [
        ("path", document.path.as_ref().map(|path| path.span)),
        ("methods", document.methods.as_ref().map(|methods| methods.span)),
        (CONTENT_TYPE, content_type.map(|name| name.span)),
    ] {
        let Some(span) = span else { continue };
        let fault = Fault::error(span, format!("`{key}` has no meaning beside `grpc`"));
        findings.push(fault.related(grpc.span, "this is a call of gRPC").help(format!(
            "`grpc` stands for the path `/service/method`, POST and the `content-type` of gRPC; leave `{key}` out"
        )));
    }
    let place = grpc.span.place();
    let mut headers = condition.headers;
    headers.push(FieldCondition { name: CONTENT_TYPE.to_owned(), value: media_types(), place });
    headers.sort_by(|left, right| left.name.cmp(&right.name));
    let path = path(&grpc.value).map(|value| Placed { value, place });
    Condition { path, methods: vec!["POST".to_owned()], headers, ..condition }
}

const CONTENT_TYPE: &str = "content-type";

fn path(grpc: &GrpcDoc) -> Option<PathPattern> {
    let service = grpc.service.as_ref().map(|service| &service.value.0);
    let method = grpc.method.as_ref().map(|method| &method.value.0);
    match (service, method) {
        (Some(service), Some(method)) => Some(PathPattern::Exact(format!("/{service}/{method}"))),
        (Some(service), None) => Some(PathPattern::Prefix(format!("/{service}"))),
        (None, Some(method)) => {
            let service = Segment::Parameter("service".to_owned());
            let segments = vec![service, Segment::Literal(method.clone())];
            Some(PathPattern::Template { segments, rest: false })
        }
        (None, None) => None,
    }
}

/// `application/grpc`, alone or with the format of its messages; what begins with the same letters (gRPC-Web) is another.
fn media_types() -> ValueMatch {
    let followed = |by: char| ValueMatch::Prefix(format!("{GRPC_MEDIA_TYPE}{by}"));
    ValueMatch::Any(vec![ValueMatch::Exact(GRPC_MEDIA_TYPE.to_owned()), followed('+'), followed(';')])
}

/// The networks, each once.
pub(super) fn nets(written: Option<&At<OneOrMany<IpNet>>>) -> Vec<IpNet> {
    let mut nets: Vec<_> = all(written).copied().collect();
    nets.sort();
    nets.dedup();
    nets
}

fn all<T>(written: Option<&At<OneOrMany<T>>>) -> impl Iterator<Item = &T> {
    written.into_iter().flat_map(|written| &written.value.0).map(|one| &one.value)
}

fn fields<K>(written: Option<&At<Pairs<K, ValueMatch>>>, text: impl Fn(&K) -> String) -> Vec<FieldCondition> {
    let pairs = written.into_iter().flat_map(|pairs| &pairs.value.list);
    let mut fields: Vec<_> = pairs
        .map(|(name, value)| FieldCondition {
            name: text(&name.value),
            value: value.value.clone(),
            place: name.span.place(),
        })
        .collect();
    fields.sort_by(|left, right| left.name.cmp(&right.name));
    fields
}
