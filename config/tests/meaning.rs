//! What tables mean: defaults, inheritance, places.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::time::Duration;

use towpath_config::model::{Action, Balance, Config, CookieLife, Forward, Key, Place, Workers};
use towpath_config::{Source, compile};

fn compiled(text: &str) -> Config {
    compile(&Source::new("table.yaml", text), &|_| None)
        .unwrap_or_else(|faults| panic!("{faults}"))
        .into_config()
}

fn forward<'a>(config: &'a Config, name: &str) -> &'a Forward {
    let route = config.routes().iter().find(|route| route.name() == name).expect("the route");
    match route.action() {
        Action::Forward(forward) => forward,
        other => panic!("{other:?}"),
    }
}

const MINIMAL: &str = "listeners: {web: {address: 127.0.0.1:8080}}
routes:
  all: {to: app}
clusters:
  app: {endpoints: [127.0.0.1:3000]}
";

#[test]
fn defaults_are_safe_and_nobody_wrote_them() {
    let config = compiled(MINIMAL);
    let process = config.process();
    assert_eq!((process.id().as_str(), process.namespace().as_str()), ("towpath", "default"));
    assert_eq!((*process.workers(), *process.pin_workers()), (Workers::Auto, false));
    assert_eq!(*process.admin(), Some("127.0.0.1:15000".parse().expect("an address")));
    assert_eq!(**process.limits().connections(), 20_000);
    let drain = process.drain();
    assert_eq!(*drain.delay(), Some(Duration::from_secs(5)));
    assert_eq!(*drain.spread(), Some(Duration::from_secs(4)));
    assert_eq!(*drain.timeout(), Duration::from_secs(20));
    let listener = &config.listeners()[0];
    assert_eq!(**listener.limits().connections(), 10_000);
    assert_eq!(**listener.limits().header_bytes(), 64 << 10);
    assert_eq!(**listener.limits().uri_bytes(), 16 << 10);
    assert_eq!(**listener.limits().body_bytes(), Some(10 << 30));
    assert_eq!(listener.http().forward_headers().len(), 4);
    assert_eq!(**listener.timeouts().header(), Some(Duration::from_secs(10)));
    let cluster = &config.clusters()[0];
    assert_eq!(**cluster.balance(), Balance::LeastRequest);
    assert_eq!((**cluster.limits().connections(), **cluster.limits().pending()), (1024, 1024));
    let destination = &forward(&config, "all").split().destinations()[0];
    assert_eq!(**destination.policy().timeout(), None);
    assert_eq!(**destination.policy().connect_timeout(), Some(Duration::from_secs(5)));
    assert_eq!(destination.policy().connect_timeout().place(), Place::BuiltIn);
    assert_eq!(config.order().len(), 1);
}

#[test]
fn each_level_overrides_the_one_above_field_by_field() {
    let config = compiled(
        "listeners: {web: {address: 127.0.0.1:8080}}
defaults: {timeout: 1s, response_idle_timeout: 1s, connect_timeout: 1s, headers: {request: {set: {a: '1', b: '1'}, remove: [r]}}}
routes:
  r:
    headers: {request: {set: {B: '4'}}}
    to:
      app/x: {weight: 3, timeout: 5s}
      app: {weight: 1}
      other: {weight: 0, headers: none}
clusters:
  app:
    timeout: 2s
    headers: {request: {set: {c: '2'}, remove: none}}
    endpoints: [{address: 127.0.0.1:1, labels: {v: x}}]
    subsets: {x: {labels: {v: x}, response_idle_timeout: none}}
  other: {endpoints: [127.0.0.1:2]}
",
    );
    let [app, canary, other] = forward(&config, "r").split().destinations().as_slice() else {
        panic!("three")
    };
    assert_eq!(
        (app.name().as_str(), canary.name().as_str(), other.name().as_str()),
        ("app", "app/x", "other")
    );
    let seconds = |count| Some(Duration::from_secs(count));
    assert_eq!(**app.policy().timeout(), seconds(2));
    assert_eq!(**canary.policy().timeout(), seconds(5));
    assert_eq!(**other.policy().timeout(), seconds(1));
    assert_eq!(**canary.policy().response_idle_timeout(), None);
    assert_eq!(**canary.policy().connect_timeout(), seconds(1));
    assert_eq!(canary.policy().timeout().place(), Place::At { line: 7, column: 35 });
    assert_eq!(app.policy().timeout().place(), Place::At { line: 12, column: 14 });
    let edits = app.policy().request_headers();
    let set: Vec<(&str, &str)> =
        edits.set().iter().map(|edit| (edit.name().as_str(), edit.value().text())).collect();
    assert_eq!(set, [("a", "1"), ("B", "4"), ("c", "2")]);
    assert!(edits.remove().is_empty());
    assert!(other.policy().request_headers().set().is_empty());
    assert_eq!(canary.variant(), "x");
    assert_eq!(config.cluster(*canary.cluster()).expect("it is there").subsets()[0].endpoints(), &[0]);
}

#[test]
fn sticky_has_a_salt_and_keys() {
    let config = compiled(&MINIMAL.replace(
        "{to: app}",
        "{to: app, sticky: {by: [{header: X-User}, {cookie: c}, {cookie: d, ttl: none}, {cookie: e, ttl: 1h}, {source: ip}]}}",
    ));
    let sticky = forward(&config, "all").split().sticky().as_ref().expect("it is there");
    assert_eq!((sticky.cohort().as_str(), sticky.cohort().place()), ("all", Place::BuiltIn));
    let cookie = |name: &str, life| Key::Cookie { name: name.into(), life };
    let expected = [
        Key::Header("x-user".into()),
        cookie("c", CookieLife::Passive),
        cookie("d", CookieLife::Session),
        cookie("e", CookieLife::For(Duration::from_secs(3600))),
        Key::SourceIp,
    ];
    assert_eq!(sticky.by().as_slice(), expected);
}

#[test]
fn maintenance_is_on_unless_it_is_scheduled() {
    for (written, active) in [
        ("true", true),
        ("false", false),
        ("{}", true),
        ("{body: x}", true),
        ("{schedule: {end: 2030-01-01T00:00:00Z}}", false),
        ("{active: true, schedule: {end: 2030-01-01T00:00:00Z}}", true),
    ] {
        let config = compiled(&MINIMAL.replace("{to: app}", &format!("{{to: app, maintenance: {written}}}")));
        let maintenance = config.routes()[0].maintenance().as_ref().expect("it is there");
        assert_eq!(*maintenance.active(), active, "{written}");
        assert_eq!(maintenance.health_paths().len(), 7);
    }
}

#[test]
fn faults_are_for_programs_too() {
    let source = Source::new("table.yaml", MINIMAL.replace("to: app", "too: app"));
    let faults = compile(&source, &|_| None).expect_err("it is wrong").to_json();
    assert_eq!(faults["document"], "table.yaml");
    let fault = &faults["faults"][1];
    assert_eq!((&fault["line"], &fault["column"]), (&3.into(), &9.into()));
    assert_eq!(fault["help"], "did you mean `to`?");
}

#[test]
fn colours_are_for_terminals_only() {
    let source = Source::new("table.yaml", "routs: {}");
    let faults = compile(&source, &|_| None).expect_err("it is wrong");
    assert!(faults.render(true).contains('\u{1b}') && !faults.render(false).contains('\u{1b}'));
}
