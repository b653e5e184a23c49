//! Everything that can be asked for.

use towpath_config::server::TokenScope;

use super::operation::{Answers, Body, Kind, Operation, Page, Parameter, Verb};

const fn parameter(name: &'static str, kind: Kind, about: &'static str) -> Parameter {
    Parameter { name, kind, about }
}

const NAMESPACE: Parameter = parameter("namespace", Kind::Name, "Of this namespace only.");
const DRY_RUN: Parameter =
    parameter("dry_run", Kind::Flag, "Say what would become of it, and change nothing.");
const EXPECT: Parameter =
    parameter("expect", Kind::Number, "Only if this is the newest revision; `If-Match` says the same.");
const WAIT: Parameter =
    parameter("wait", Kind::Time, "Wait so long for the verdict of the proxies; 1m is the most.");
const MESSAGE: Parameter = parameter("message", Kind::Text, "Why, for those who read the history.");
const LIMIT: Parameter = parameter("limit", Kind::Number, "How many at most; 1000 is the most.");
const FORMAT: Parameter =
    parameter("format", Kind::Word(&["json", "yaml"]), "How it is written; `Accept` says the same.");
const WRITE: &[Parameter] = &[DRY_RUN, EXPECT, WAIT, MESSAGE];

const GET: Operation = Operation {
    page: Page::Live,
    verb: Verb::Get,
    path: "/live",
    scope: None,
    about: "200 while the process lives.",
    query: &[],
    body: Body::None,
    answers: Answers::Other("text/plain"),
    problems: &[],
};
const LOOK: Operation = Operation { scope: Some(TokenScope::Read), ..GET };
const CHANGE: Operation = Operation {
    verb: Verb::Post,
    scope: Some(TokenScope::Write),
    query: WRITE,
    answers: Answers::Json("Written"),
    problems: &[404, 409, 422, 507],
    ..GET
};

pub(in crate::api) const OPERATIONS: &[Operation] = &[
    GET,
    Operation {
        page: Page::Ready,
        path: "/ready",
        about: "200 once the source is read and proxies are served; 503 before, with the reason.",
        problems: &[503],
        ..GET
    },
    Operation {
        page: Page::Document,
        path: "/api/openapi.json",
        about: "This document.",
        answers: Answers::Other("application/json"),
        ..GET
    },
    Operation {
        page: Page::Exposition,
        path: "/metrics",
        about: "Metrics of the control server itself, in the text format of Prometheus.",
        ..LOOK
    },
    Operation {
        page: Page::Apply,
        path: "/api/v1/apply",
        about: "Puts what stands in the documents in the place of what has the same name; all of it or nothing.",
        query: &[
            NAMESPACE,
            parameter(
                "replace",
                Kind::Flag,
                "Put each document whole in the place of the one with its name.",
            ),
            DRY_RUN,
            EXPECT,
            WAIT,
            MESSAGE,
        ],
        body: Body::Documents,
        problems: &[409, 413, 415, 422, 507],
        ..CHANGE
    },
    Operation {
        page: Page::Diff,
        verb: Verb::Post,
        path: "/api/v1/diff",
        about: "What the documents would change in meaning.",
        query: &[NAMESPACE],
        body: Body::Documents,
        answers: Answers::Json("Changes"),
        problems: &[413, 415, 422],
        ..LOOK
    },
    Operation {
        page: Page::Resources,
        path: "/api/v1/resources",
        about: "What the mesh should be: all of it, or a part.",
        query: &[
            NAMESPACE,
            parameter("kind", Kind::Resource, "Of this kind only: `listener`, `route`, `cluster` …"),
            parameter("name", Kind::Text, "Of this name only."),
            FORMAT,
        ],
        answers: Answers::JsonOrYaml("Resources"),
        ..LOOK
    },
    Operation {
        page: Page::Resource,
        path: "/api/v1/resources/{namespace}/{kind}/{name}",
        about: "What stands under one name.",
        query: &[FORMAT],
        answers: Answers::JsonOrYaml("Resource"),
        problems: &[404],
        ..LOOK
    },
    Operation {
        page: Page::Remove,
        verb: Verb::Delete,
        path: "/api/v1/resources/{namespace}/{kind}/{name}",
        about: "Removes what stands under one name.",
        ..CHANGE
    },
    Operation {
        page: Page::Split,
        path: "/api/v1/routes/{namespace}/{route}/split",
        about: "Gives destinations of a route other weights.",
        body: Body::Json("Split"),
        ..CHANGE
    },
    Operation {
        page: Page::Switch,
        path: "/api/v1/routes/{namespace}/{route}/switch",
        about: "Sends everything to one destination of a route, or back to where it went before; the others stay with weight 0.",
        body: Body::Json("Switch"),
        ..CHANGE
    },
    Operation {
        page: Page::Maintenance,
        path: "/api/v1/routes/{namespace}/{route}/maintenance",
        about: "Turns the maintenance of a route on or off.",
        body: Body::Json("Maintenance"),
        ..CHANGE
    },
    Operation {
        page: Page::Status,
        path: "/api/v1/status",
        about: "What became of the newest revision: faults, and for each object who took it and who did not.",
        query: &[NAMESPACE, WAIT],
        answers: Answers::Json("Status"),
        ..LOOK
    },
    Operation {
        page: Page::Proxies,
        path: "/api/v1/proxies",
        about: "The proxies: connected or not, which revision they run, what they rejected.",
        query: &[NAMESPACE, parameter("id", Kind::Text, "This proxy only.")],
        answers: Answers::Json("Proxies"),
        ..LOOK
    },
    Operation {
        page: Page::Revisions,
        path: "/api/v1/revisions",
        about: "The history, the newest first.",
        query: &[
            NAMESPACE,
            parameter("before", Kind::Number, "Only what is older than this revision."),
            LIMIT,
        ],
        answers: Answers::Json("Revisions"),
        ..LOOK
    },
    Operation {
        page: Page::Revision,
        path: "/api/v1/revisions/{number}",
        about: "A revision with its documents.",
        answers: Answers::Json("Revision"),
        problems: &[404],
        ..LOOK
    },
    Operation {
        page: Page::Rollback,
        path: "/api/v1/revisions/{number}/rollback",
        about: "Makes the documents what they were at a revision, as a new revision.",
        query: &[NAMESPACE, DRY_RUN, EXPECT, WAIT, MESSAGE],
        ..CHANGE
    },
    Operation {
        page: Page::Events,
        path: "/api/v1/events",
        about: "What happens from now on, as server-sent events; whoever does not read in time is cut off.",
        query: &[NAMESPACE],
        answers: Answers::Other("text/event-stream"),
        problems: &[429],
        ..LOOK
    },
    Operation {
        page: Page::Audit,
        path: "/api/v1/audit",
        about: "The audit log as JSON lines, the oldest first; by a token of some namespaces, what is about these.",
        scope: Some(TokenScope::Admin),
        query: &[
            NAMESPACE,
            parameter("since", Kind::Number, "Only what came after this revision."),
            parameter("after", Kind::Number, "Only what comes after this line."),
            LIMIT,
        ],
        answers: Answers::Other("application/jsonl"),
        ..LOOK
    },
    Operation {
        page: Page::Traffic,
        path: "/api/v1/metrics",
        about: "Requests, errors, octets and durations of late by route, cluster and subset, as the proxies tell; what happened \
                towards endpoints, by cluster; and answers of the proxies themselves, by reason.",
        query: &[
            NAMESPACE,
            parameter("route", Kind::Text, "Of this route only."),
            parameter("cluster", Kind::Text, "Of this cluster only."),
            parameter("window", Kind::Time, "How far back: 1m when left out."),
        ],
        answers: Answers::Json("Traffic"),
        ..LOOK
    },
];
