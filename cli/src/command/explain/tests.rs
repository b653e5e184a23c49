use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

fn parsed(words: &str) -> Result<Arguments, clap::Error> {
    Line::try_parse_from(format!("explain|{words}").split('|')).map(|line| line.arguments)
}

#[test]
fn a_question_names_each_header_once_with_all_its_values() {
    let arguments = parsed("--admin|127.0.0.1:1|GET|/x|-H|X-A: 1|-H|x-a:2|-H|b: c: d|--source|::1").unwrap();
    let wanted = json!({
        "method": "GET", "url": "/x", "headers": {"x-a": ["1", "2"], "b": ["c: d"]},
        "listener": null, "source": "::1",
    });
    assert_eq!(question(&arguments), wanted);
}

#[test]
fn a_method_that_nobody_names_is_left_to_the_proxy() {
    let asked = |words: &str| question(&parsed(words).unwrap());
    let call = asked("--admin|127.0.0.1:1|grpc://shop/shop.v1.Orders/Create");
    assert_eq!((&call["method"], &call["url"]), (&Value::Null, &json!("grpc://shop/shop.v1.Orders/Create")));
    assert_eq!(asked("--admin|127.0.0.1:1|PUT|/x")["method"], "PUT");
}

#[test]
fn exactly_one_is_asked() {
    assert!(parsed("GET|/").is_err());
    assert!(parsed("-c|a.yaml|--admin|127.0.0.1:1|GET|/").is_err());
    assert!(parsed("-c|a.yaml|GET|/").is_ok());
}

#[test]
fn a_header_needs_a_colon() {
    let told = parsed("-c|a.yaml|GET|/|-H|nothing").unwrap_err().to_string();
    assert!(told.contains("a header is written `name: value`"), "{told}");
}

#[test]
fn every_reason_is_documented_with_its_status() {
    let page = include_str!("../../../../docs/explain.md");
    for reason in towpath_proxy::outcome::Reason::ALL {
        let row = format!("\n| `{}` | {} | `{}` | ", reason.code(), reason.status(), reason.grpc_status());
        assert!(page.contains(&row), "docs/explain.md has no row {row}");
    }
}
