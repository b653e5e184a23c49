use towpath_config::{Source, compile};

use super::*;
use crate::observe::series::SeriesBook;

const TABLE: &str = "\
listeners:
  web: {address: 127.0.0.1:8080, limits: {uri_bytes: 1KiB}}
  inner: {address: 127.0.0.1:8081}
defaults:
  timeout: 20s
routes:
  testers:
    hosts: [shop.example.com]
    match: {path: /checkout/*, headers: {canary-user: \"true\"}}
    to: checkout/canary
  checkout:
    hosts: [shop.example.com]
    match: {path: /checkout/*}
    to: {checkout/stable: 50, checkout/canary: 50}
    sticky: {by: {header: x-user-id}, cohort: autumn}
    rewrite: {prefix: /cart}
    timeout: 30s
    headers: {request: {set: {x-seen: \"%{subset}\"}, remove: [x-debug]}}
  old:
    match: {path: /old/*}
    redirect: {prefix: /new, status: 308}
  closed:
    match: {path: /closed/*}
    maintenance: {bypass: {headers: {x-operator: present}}}
    to: checkout
  empty:
    match: {path: /empty}
    to: nothing
  chat:
    match: {path: /chat}
    to: chat
clusters:
  chat: {endpoints: [127.0.0.1:3004], protocol: h2}
  nothing: {endpoints: []}
  checkout:
    connect_timeout: 1s
    endpoints:
      - {address: 127.0.0.1:3001, labels: {v: v1}}
      - {address: 127.0.0.1:3002, labels: {v: v2}}
      - {address: 127.0.0.1:3003, labels: {v: v2}, weight: 0}
    subsets: {stable: {labels: {v: v1}}, canary: {labels: {v: v2}}}
";

fn snapshot() -> Arc<Snapshot> {
    let config = compile(&Source::new("table.yaml", TABLE), &|_| None).unwrap().into_config();
    Arc::new(Snapshot::next(None, config, &SeriesBook::new(1)))
}

fn ask(url: &str, headers: &[(&str, &str)]) -> Explanation {
    let question = Question {
        method: None,
        url: url.to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        listener: Some("web".to_owned()),
        source: None,
    };
    explain(&snapshot(), Pressure::Low, &question).unwrap()
}

fn line_of(text: &str) -> String {
    let position = TABLE.lines().position(|line| line.contains(text)).unwrap();
    format!("line {}", position + 1)
}

fn setting(said: &DestinationSaid, name: &str) -> (String, String) {
    let found = said.settings.iter().find(|setting| setting.name == name).unwrap();
    (found.value.clone(), found.place.clone())
}

#[test]
fn a_forwarded_request_is_told_to_the_end() {
    let said = ask("http://Shop.Example.com/checkout/./1?x=y", &[("x-user-id", "42"), ("x-debug", "1")]);
    let request = said.request.unwrap();
    assert_eq!((request.host.as_str(), request.path.as_str()), ("shop.example.com", "/checkout/1"));
    assert_eq!((said.outcome.action, said.outcome.route.as_deref()), ("forward", Some("checkout")));
    let split = said.split.unwrap();
    assert_eq!((split.by.as_str(), split.key.as_deref()), ("header x-user-id", Some("42")));
    assert_eq!(split.cohort.as_deref(), Some("autumn"));
    let winner =
        split.shares.iter().max_by(|one, other| one.score.unwrap().total_cmp(&other.score.unwrap())).unwrap();
    assert!(winner.chosen && split.shares.iter().filter(|share| share.chosen).count() == 1);
    let [destination] = said.destinations.as_slice() else { panic!("a key decides on one destination") };
    assert_eq!(destination.name, winner.name);
    assert_eq!(destination.sent.as_ref().unwrap().line, "GET /cart/1?x=y");
    let sent = |name: &str| {
        let found = destination
            .sent
            .as_ref()
            .unwrap()
            .fields
            .iter()
            .find(|(field, _)| field.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(sent("x-seen"), destination.subset.as_deref());
    assert_eq!((sent("x-debug"), sent("x-forwarded-for")), (None, Some("127.0.0.1")));
}

#[test]
fn every_value_names_its_line() {
    let said = ask("http://shop.example.com/checkout/1", &[("canary-user", "true")]);
    let testers = &said.destinations[0];
    assert_eq!(setting(testers, "timeout"), ("20s".to_owned(), line_of("timeout: 20s")));
    assert_eq!(setting(testers, "connect_timeout"), ("1s".to_owned(), line_of("connect_timeout: 1s")));
    assert_eq!(setting(testers, "response_idle_timeout"), ("1m".to_owned(), "default".to_owned()));
    let said = ask("http://shop.example.com/checkout/1", &[("x-user-id", "1")]);
    let checkout = &said.destinations[0];
    assert_eq!(setting(checkout, "timeout"), ("30s".to_owned(), line_of("timeout: 30s")));
    assert_eq!(setting(checkout, "rewrite.prefix"), ("/cart".to_owned(), line_of("rewrite:")));
    let edit = setting(checkout, "headers.request.set.x-seen");
    assert_eq!(edit, ("%{subset}".to_owned(), line_of("x-seen")));
}

#[test]
fn each_route_that_did_not_match_says_at_what_it_failed() {
    let said = ask("http://shop.example.com/checkout/1", &[]);
    let found: Vec<_> = said.candidates.iter().map(|said| (said.route.as_str(), said.result)).collect();
    assert_eq!(found[..2], [("testers", "fails"), ("checkout", "wins")]);
    assert_eq!(said.candidates[0].reason, Some("no-header"));
    assert!(said.candidates[0].text.contains("canary-user"), "{}", said.candidates[0].text);
}

#[test]
fn without_a_key_all_that_chance_can_choose_is_told() {
    let said = ask("http://shop.example.com/checkout/1", &[]);
    assert_eq!(said.split.unwrap().by, "chance, by weight");
    let names: Vec<_> = said.destinations.iter().map(|said| said.name.as_str()).collect();
    assert_eq!(names, ["checkout/canary", "checkout/stable"]);
    let addresses: Vec<_> = said.destinations[0].endpoints.iter().map(|said| said.address.as_str()).collect();
    assert_eq!(addresses, ["127.0.0.1:3002"]);
}

#[test]
fn answers_of_the_proxy_have_a_status_and_a_reason() {
    let long = format!("/{}", "x".repeat(2000));
    let table = [
        ("/old/a", &[][..], 308, "redirect"),
        ("/closed/a", &[], 503, "maintenance"),
        ("/empty", &[], 503, "no-endpoint"),
        ("/nowhere", &[], 404, "no-path"),
        ("/a%zz", &[], 400, "bad-request"),
        ("/a", &[("te st", "x")], 400, "bad-request"),
        (long.as_str(), &[], 414, "uri-too-long"),
    ];
    for (url, headers, status, reason) in table {
        let said = ask(url, headers).outcome;
        assert_eq!((said.action, said.status, said.reason), ("reply", Some(status), Some(reason)), "{url}");
    }
}

#[test]
fn a_redirect_says_where_to() {
    let said = ask("http://h.example.com/old/a?b", &[]).outcome;
    let (name, value) = &said.fields[0];
    assert_eq!((name.as_str(), value.as_str()), ("location", "http://h.example.com/new/a?b"));
}

#[test]
fn maintenance_says_whether_it_is_in_force() {
    let closed = ask("/closed/a", &[]).maintenance.unwrap();
    assert_eq!((closed.value.as_str(), closed.place), ("in force", line_of("maintenance:")));
    let exempt = ask("/closed/a", &[("x-operator", "me")]);
    assert_eq!(exempt.outcome.action, "forward");
    assert!(exempt.maintenance.unwrap().value.contains("gets through"));
}

#[test]
fn a_wish_for_websocket_is_told_as_its_endpoint_hears_it() {
    let key = ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let said = ask("http://a/chat?b=c", &[("connection", "upgrade"), ("upgrade", "websocket"), key]);
    let sent = said.destinations[0].sent.as_ref().unwrap();
    assert_eq!(sent.line, "CONNECT /chat?b=c");
    assert_eq!(sent.fields[0], (":protocol".to_owned(), "websocket".to_owned()));
    assert!(!sent.fields.iter().any(|(name, _)| name == "upgrade" || name == key.0), "{sent:?}");
}
