use std::time::Duration;

use axum::http::Uri;

use super::super::operation::{Kind, Parameter};
use super::Query;

const KNOWN: &[Parameter] = &[
    Parameter { name: "name", kind: Kind::Text, about: "" },
    Parameter { name: "namespace", kind: Kind::Name, about: "" },
    Parameter { name: "limit", kind: Kind::Number, about: "" },
    Parameter { name: "dry_run", kind: Kind::Flag, about: "" },
    Parameter { name: "wait", kind: Kind::Time, about: "" },
    Parameter { name: "format", kind: Kind::Word(&["json", "yaml"]), about: "" },
];

fn read(query: &str) -> Result<Query, String> {
    let uri = format!("/x?{query}").parse::<Uri>().expect("a path");
    Query::read(&uri, KNOWN).map_err(|problem| problem.detail().to_owned())
}

#[test]
fn what_is_known_is_read() {
    let query = read("name=a%20b&limit=7&dry_run&wait=1m30s&format=yaml").expect("all is known");
    assert_eq!(query.text("name"), Some("a b"));
    assert_eq!(query.number("limit"), Some(7));
    assert!(query.flag("dry_run") && !query.flag("other"));
    assert_eq!(query.time("wait"), Some(Duration::from_secs(90)));
    assert!(!read("dry_run=false").expect("a flag").flag("dry_run"));
    assert_eq!(read(""), Ok(Query::default()));
}

#[test]
fn everything_else_is_refused() {
    let rows = [
        (
            "nam=a",
            "the parameter `nam` is unknown; known are `name`, `namespace`, `limit`, `dry_run`, `wait`, `format`",
        ),
        ("name=", "`name` is not empty, not ``"),
        ("namespace=..%2Fx", "`namespace` is the name of a namespace, not `../x`"),
        ("namespace=%C3%BC", "`namespace` is the name of a namespace, not `ü`"),
        ("limit=-1", "`limit` is a number, not `-1`"),
        ("dry_run=yes", "`dry_run` is `true` or `false`, not `yes`"),
        ("wait=10", "`wait` is a time such as `10s`, not `10`"),
        ("format=xml", "`format` is `json` or `yaml`, not `xml`"),
        ("limit=1&limit=2", "`limit` is there twice"),
    ];
    for (query, told) in rows {
        assert_eq!(read(query), Err(told.to_owned()), "{query}");
    }
}
