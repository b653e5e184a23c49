use crate::admin::pages::tests::{TABLE, shared};
use crate::admin::{Question, explain};
use crate::sys::memory::Pressure;

fn text(table: &str, url: &str) -> String {
    let question = Question {
        method: None,
        url: url.to_owned(),
        headers: vec![("x-user".to_owned(), "7".to_owned())],
        listener: None,
        source: None,
    };
    explain(&shared(table).snapshot(), Pressure::Low, &question).unwrap().to_string()
}

/// Whether the pieces come in this order.
fn assert_in_order(text: &str, pieces: &[&str]) {
    let mut rest = text;
    for piece in pieces {
        let at = rest.find(piece).unwrap_or_else(|| panic!("no {piece:?} where it is wanted in\n{text}"));
        rest = &rest[at + piece.len()..];
    }
}

#[test]
fn a_person_reads_from_the_request_to_what_the_endpoint_gets() {
    let table =
        TABLE.replace("all: {to: app}", "all: {to: {app: 1, app/old: 3}, sticky: {by: {header: x-user}}}");
    assert_in_order(
        &text(&table, "http://h/x?y"),
        &[
            "GET h /x?y from 127.0.0.1 on listener web\n  is forwarded by route all (line 4)\n",
            "→ all  matched (line 4)",
            "split by header x-user = \"7\", cohort all",
            "weight 1, share 25.0000%, bucket 0.",
            "weight 3, share 75.0000%",
            "destination app",
            "endpoint 127.0.0.1:3001, weight 1, 0 active",
            "timeout ",
            "none (default)",
            "gets\n    GET /x?y\n",
            "host: h",
            "listener web",
            "header_timeout",
        ],
    );
}

#[test]
fn a_refused_request_is_told_with_its_reason() {
    assert_in_order(
        &text(TABLE, "/%zz"),
        &["cannot be read in one way only on listener web\n  is answered 400 bad-request\n"],
    );
}

#[test]
fn thousands_of_other_hosts_are_only_counted() {
    let routes: String = (0..1000)
        .map(|number| format!("  r{number}: {{hosts: [h{number}.example.com], to: app}}\n"))
        .collect();
    let table = TABLE.replace("  all: {to: app}\n", &routes);
    let said = text(&table, "http://h7.example.com/");
    assert_in_order(&said, &["→ r7", "and 999 more"]);
    assert!(!said.contains("r8 "), "{said}");
}
