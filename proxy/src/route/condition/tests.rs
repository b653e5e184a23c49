use super::{Predicate, first_failure, holds, matches_path};
use crate::route::fixture::{Request, routes};

/// The first failure of `match: {condition}` for a request.
fn failure(condition: &str, request: &Request) -> Option<Predicate> {
    let config = routes(&format!("only: {{match: {{{condition}}}, to: app}}"));
    let view = request.view(&config);
    let condition = &config.routes()[0].conditions()[0];
    let failure = first_failure(condition, &view);
    assert_eq!(holds(condition, &view), failure.is_none());
    failure
}

#[test]
fn paths_match_by_segment() {
    let rows: &[(&str, &[&str], &[&str])] = &[
        ("/checkout", &["/checkout"], &["/checkout/", "/checkouts", "/", "/Checkout"]),
        ("/a/", &["/a/"], &["/a", "/a//"]),
        ("/", &["/"], &["/a", "//", ""]),
        ("/checkout/*", &["/checkout", "/checkout/", "/checkout/x/y"], &["/checkouts", "/check", "/", ""]),
        ("/*", &["/", "/a", "/a/b/", "", "*"], &[]),
        ("/u/:id", &["/u/7", "/u/a.b"], &["/u", "/u/", "/u/7/", "/u/7/x", "/v/7"]),
        ("/u/:id/orders", &["/u/7/orders"], &["/u//orders", "/u/7/orders/", "/u/7/8/orders"]),
        ("/u/:id/*", &["/u/7", "/u/7/", "/u/7/x/y"], &["/u", "/u/", "/u//x"]),
        ("{regex: \"^/v[0-9]+/\"}", &["/v1/", "/v22/x"], &["/v1", "/vx/", "/a/v1/"]),
        ("{regex: \"ab\"}", &["/ab", "/xaby"], &["/a/b"]),
    ];
    for (pattern, good, bad) in rows {
        let config = routes(&format!("only: {{match: {{path: {pattern}}}, to: app}}"));
        let path = config.routes()[0].conditions()[0].path().as_ref().unwrap();
        for good in *good {
            assert!(matches_path(path, good), "{pattern} wants {good}");
        }
        for bad in *bad {
            assert!(!matches_path(path, bad), "{pattern} does not want {bad}");
        }
    }
}

#[test]
fn a_call_of_grpc_is_a_post_to_its_path_with_its_media_type() {
    use Predicate::{Header, Method, Path};
    let rows = [
        ("service: a.B, method: C", "POST x/a.B/C", "application/grpc", None),
        ("service: a.B, method: C", "POST x/a.B/C", "application/grpc+proto", None),
        ("service: a.B, method: C", "POST x/a.B/D", "application/grpc", Some(Path)),
        ("service: a.B", "POST x/a.B/D", "application/grpc;x=y", None),
        ("service: a.B", "POST x/a.Bc/D", "application/grpc", Some(Path)),
        ("service: a.B", "GET x/a.B/D", "application/grpc", Some(Method)),
        ("service: a.B", "POST x/a.B/D", "application/grpc-web+proto", Some(Header(0))),
        ("service: a.B", "POST x/a.B/D", "application/json", Some(Header(0))),
        ("method: D", "POST x/a.B/D", "application/grpc", None),
        ("method: D", "POST x/D", "application/grpc", Some(Path)),
        ("", "POST x/a.B/D", "application/grpc", None),
        ("", "POST x/a.B/D", "text/plain", Some(Header(0))),
    ];
    for (call, line, media_type, wanted) in rows {
        let request = Request::new(&format!("{line}\ncontent-type: {media_type}"));
        assert_eq!(failure(&format!("grpc: {{{call}}}"), &request), wanted, "{call} {line} {media_type}");
        // the condition and the rest of the proxy mean the same by a call of gRPC
        let is_grpc = crate::codec::grpc::is_media_type(media_type.as_bytes());
        assert_eq!(wanted == Some(Header(0)), !is_grpc, "{media_type}");
    }
}

#[test]
fn one_language_of_values() {
    // none: no header, one: `x: abc`, two: `x: abc` and `x: xyz`, empty: `x:`
    let rows = [
        ("abc", [false, true, true, false]),
        ("ABC", [false, false, false, false]),
        ("xyz", [false, false, true, false]),
        ("present", [false, true, true, true]),
        ("absent", [true, false, false, false]),
        ("{exact: present}", [false, false, false, false]),
        ("{prefix: ab}", [false, true, true, false]),
        ("{suffix: yz}", [false, false, true, false]),
        ("{regex: \"^.b\"}", [false, true, true, false]),
        ("{any: [q, {prefix: x}]}", [false, false, true, false]),
        ("{any: [absent, \"\"]}", [true, false, false, true]),
        ("{not: xyz}", [true, true, false, true]),
        ("{not: absent}", [false, true, true, true]),
        ("{not: {not: abc}}", [false, true, true, false]),
        ("{not: {any: [abc, absent]}}", [false, false, false, true]),
    ];
    for (value, wanted) in rows {
        let requests = ["GET a/", "GET a/\nX: abc", "GET a/\nx: abc\nX: xyz", "GET a/\nx:"];
        let found =
            requests.map(|text| failure(&format!("headers: {{x: {value}}}"), &Request::new(text)).is_none());
        assert_eq!(found, wanted, "{value}");
    }
}

#[test]
fn the_first_failure_is_told() {
    let all = "path: /a/*, methods: [GET, HEAD], headers: {h: \"1\", i: \"1\"}, query: {q: \"1\", r: \"1\"}, \
               cookies: {c: \"1\", d: \"1\"}, source: [10.0.0.0/8, \"2001:db8::/32\"]";
    let rows = [
        ("GET a/b\n", Some(Predicate::Path)),
        ("get a/a", Some(Predicate::Method)),
        ("HEAD a/a", Some(Predicate::Header(0))),
        ("GET a/a\nh: 1", Some(Predicate::Header(1))),
        ("GET a/a\nh: 1\ni: 1", Some(Predicate::Query(0))),
        ("GET a/a?q=1\nh: 1\ni: 1", Some(Predicate::Query(1))),
        ("GET a/a?q=1&r=1\nh: 1\ni: 1", Some(Predicate::Cookie(0))),
        ("GET a/a?q=1&r=1\nh: 1\ni: 1\ncookie: c=1", Some(Predicate::Cookie(1))),
        ("GET a/a?q=1&r=1\nh: 1\ni: 1\ncookie: c=1; d=1", Some(Predicate::Source)),
    ];
    for (request, wanted) in rows {
        assert_eq!(failure(all, &Request::new(request)), wanted, "{request}");
    }
    let complete = Request::new(rows[8].0);
    for (source, wanted) in [
        ("10.9.8.7", None),
        ("::ffff:10.9.8.7", None),
        ("2001:db8::1", None),
        ("11.0.0.1", Some(Predicate::Source)),
        ("::1", Some(Predicate::Source)),
        ("unix", Some(Predicate::Source)),
    ] {
        assert_eq!(failure(all, &complete.clone().from(source)), wanted, "{source}");
    }
}

#[test]
fn an_empty_condition_holds() {
    assert_eq!(failure("", &Request::new("BREW other.example")), None);
}
