use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use towpath_config::model::{LogFormat, Process};
use towpath_config::{Source, compile};

use super::*;
use crate::codec::fields::Fields;
use crate::codec::h1::read_request;
use crate::codec::message::RequestHead;
use crate::codec::outgoing::Outgoing;
use crate::exchange::caller::{HostCheck, Visit};
use crate::exchange::decide::Way;
use crate::exchange::subject::{Subject, head_limits};
use crate::filter::edits::Values;
use crate::filter::forwarded::Peer;
use crate::observe::series::SeriesBook;
use crate::outcome::{GrpcStatus, Reason};
use crate::snapshot::Snapshot;
use crate::sys::memory::Pressure;
use crate::sys::stream::Origin;
use crate::sys::timer::Timers;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// How an exchange of the tests ended.
struct End {
    status: u16,
    reason: Option<Reason>,
    elapsed: Duration,
    answered: bool,
}

const OK: End = End { status: 200, reason: None, elapsed: Duration::from_micros(1_234), answered: true };

fn config(log: &str) -> towpath_config::model::Config {
    let text = format!(
        "proxy: {{access_log: {log}}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\n\
         routes: {{shop: {{to: app/v1}}}}\n\
         clusters: {{app: {{endpoints: [{{address: \"127.0.0.1:3001\", labels: {{v: one}}}}], subsets: {{v1: {{labels: {{v: one}}}}}}}}}}\n"
    );
    compile(&Source::new("test.yaml", text), &|_| None)
        .unwrap_or_else(|faults| panic!("{faults}"))
        .into_config()
}

/// Shows an exchange, of `request` unless that is empty, that a log of this table has ended with.
fn ended<T>(log: &str, request: &str, end: &End, look: impl FnOnce(&Ended<'_>, &Process) -> T) -> T {
    let snapshot = Arc::new(Snapshot::next(None, config(log), &SeriesBook::new(1)));
    let listener = snapshot.listener("web").expect("the listener");
    let mut head = RequestHead::default();
    let timers = Rc::<Timers>::default();
    let (peer, timer) = (Peer::new(Origin::Ip([192, 0, 2, 7].into())), timers.timer());
    let visit = Visit {
        snapshot: &snapshot,
        listener,
        peer: &peer,
        timer: &timer,
        last: false,
        pressure: Pressure::Low,
        host: HostCheck::Not,
    };
    if !request.is_empty() {
        read_request(request.as_bytes(), &head_limits(listener.1), &mut head).expect("a request");
    }
    let subject = Subject::new(&visit, &head, head.path(), b"id-1");
    let mut noted = Noted::because(end.reason.map(Reason::code));
    if end.answered {
        noted.endpoint = snapshot
            .config()
            .clusters()
            .first()
            .and_then(|app| Some(app.endpoints().first()?.address().clone()));
        noted.attempts = 2;
    }
    let mut out = Outgoing::default();
    out.add(b"X-Cache", b"hit");
    out.add(b"Server", b"app");
    let logs = snapshot.access_logs().expect("a log");
    noted.keep(logs.response_headers(), &Fields::default(), &out);
    let way = Way {
        route: snapshot.config().route_ids().next().filter(|_| !request.is_empty()),
        destination: Some(0),
    };
    let sample = Sample {
        status: end.status,
        grpc: subject.is_grpc.then(|| GrpcStatus::of_http(end.status)),
        elapsed: end.elapsed,
        first_byte: end.answered.then_some(Duration::from_millis(1)),
        request_bytes: 3,
        response_bytes: 12,
    };
    let subject = (!request.is_empty()).then_some(&subject);
    let nothing = Fields::default();
    let values = subject.map_or_else(|| unknown("web", &peer, &nothing), |subject| subject.values_by(way));
    let values = Values { endpoint: noted.endpoint.as_ref(), ..values };
    look(&Ended { values, subject, peer: &peer, noted: &noted, sample: &sample }, snapshot.config().process())
}

fn line(log: &str, request: &str, end: &End, coloured: bool) -> String {
    ended(log, request, end, |ended, process| {
        let began = UNIX_EPOCH + Duration::from_millis(1_795_000_000_123);
        let told = Told { ended, began };
        let mut line = Vec::new();
        match process.access_logs()[0].format() {
            LogFormat::Json(fields) => told.json(fields, &mut line),
            LogFormat::Template(template) => told.template(template, &mut line),
            LogFormat::Short => short::write(&told, coloured, &mut line),
        }
        String::from_utf8(line).expect("a line is UTF-8")
    })
}

fn get(fields: &str) -> String {
    format!("GET /a/b?x=1 HTTP/1.1\r\nHost: shop.test:80\r\n{fields}\r\n")
}

#[test]
fn json_holds_what_has_a_value() {
    let request = get("User-Agent: a \"b\"\r\n");
    assert_eq!(
        line("stdout", &request, &OK, false),
        r#"{"time":"2026-11-18T11:06:40.123Z","method":"GET","host":"shop.test","path":"/a/b","status":200,"duration":0.001234,"first-byte":0.001000,"route":"shop","cluster":"app","subset":"v1","endpoint":"127.0.0.1:3001","request-bytes":3,"response-bytes":12,"client":"192.0.2.7","request-id":"id-1","header.user-agent":"a \"b\""}"#
    );
    let fields = "{to: stdout, fields: [reason, attempts, endpoint, query, protocol, peer, listener, variant, trace-id, response-header.X-Cache, response-header.etag, header.x]}";
    let request = get(&format!("traceparent: 00-{TRACE}-00f067aa0ba902b7-01\r\n"));
    assert_eq!(
        line(fields, &request, &OK, false),
        format!(
            r#"{{"attempts":2,"endpoint":"127.0.0.1:3001","query":"x=1","protocol":"HTTP/1.1","peer":"192.0.2.7","listener":"web","variant":"v1","trace-id":"{TRACE}","response-header.x-cache":"hit"}}"#
        )
    );
    // what could not be read as a request
    let refused = End { status: 400, reason: Some(Reason::BadRequest), answered: false, ..OK };
    assert_eq!(
        line("{to: stdout, fields: [method, path, route, cluster, request-id]}", "", &refused, false),
        "{}"
    );
    assert_eq!(
        line("{to: stdout, fields: [status, reason, client, listener]}", "", &refused, false),
        r#"{"status":400,"reason":"bad-request","client":"192.0.2.7","listener":"web"}"#
    );
}

#[test]
fn a_template_is_filled_in() {
    let log = r#"{to: stdout, template: '%{client} "%{method} %{path}" %{status} %{reason} "%{header.x}" %{response-header.x-cache} %%{'}"#;
    assert_eq!(
        line(log, &get("X: a\" b\\\r\n"), &OK, false),
        r#"192.0.2.7 "GET /a/b" 200 - "a\x22 b\x5c" hit %{"#
    );
}

#[test]
fn a_call_of_grpc_has_a_status_of_its_own() {
    let call = get("Content-Type: application/grpc\r\n");
    let failed = End { status: 503, ..OK };
    let fields = "{to: stdout, fields: [status, grpc-status]}";
    assert_eq!(line(fields, &call, &failed, false), r#"{"status":503,"grpc-status":"UNAVAILABLE"}"#);
    assert_eq!(line(fields, &get(""), &failed, false), r#"{"status":503}"#);
    assert_eq!(line("{to: stdout, template: '%{grpc-status}'}", &call, &failed, false), "UNAVAILABLE");
    let short = line("{to: stdout, format: short}", &call, &failed, false);
    assert!(short.ends_with("shop → 127.0.0.1:3001  UNAVAILABLE"), "{short}");
}

#[test]
fn people_see_a_short_line() {
    let log = "{to: stdout, format: short}";
    assert_eq!(line(log, &get(""), &OK, false), "11:06:40.123Z 200   1.2ms GET /a/b  shop → 127.0.0.1:3001");
    let miss = End {
        status: 503,
        reason: Some(Reason::NoEndpoint),
        elapsed: Duration::from_micros(17),
        answered: false,
    };
    assert_eq!(line(log, &get(""), &miss, false), "11:06:40.123Z 503    17µs GET /a/b  shop → no-endpoint");
    let broken = End { reason: Some(Reason::ResponseTimeout), elapsed: Duration::from_secs(61), ..OK };
    assert_eq!(
        line(log, &get(""), &broken, false),
        "11:06:40.123Z 200  61.00s GET /a/b  shop → 127.0.0.1:3001  response-timeout"
    );
    assert_eq!(
        line(log, &get(""), &miss, true),
        "\x1b[2m11:06:40.123Z\x1b[0m\x1b[31m 503\x1b[0m    17µs GET /a/b\x1b[2m  shop → \x1b[0m\x1b[31mno-endpoint\x1b[0m"
    );
}

#[test]
fn a_connection_has_no_status() {
    let end = End { status: 0, reason: Some(Reason::ConnectFailure), ..OK };
    let fields = "{to: stdout, fields: [status, reason, listener, request-bytes, response-bytes, attempts]}";
    let json =
        r#"{"reason":"connect-failure","listener":"web","request-bytes":3,"response-bytes":12,"attempts":2}"#;
    assert_eq!(line(fields, "", &end, false), json);
    assert_eq!(line("{to: stdout, template: '%{status} %{listener}'}", "", &end, false), "- web");
    let short = "11:06:40.123Z tcp   1.2ms web 3B/12B   → 127.0.0.1:3001  connect-failure";
    assert_eq!(line("{to: stdout, format: short}", "", &end, false), short);
}

#[test]
fn conditions_hold_for_what_they_say() {
    let slow = End { elapsed: Duration::from_secs(2), ..OK };
    let missed = End { status: 404, reason: Some(Reason::NoPath), answered: false, ..OK };
    for (when, ok, slow_one, missed_one) in [
        ("{status: 2xx}", true, true, false),
        ("{status: [404, 5xx]}", false, false, true),
        ("{reason: present}", false, false, true),
        ("{reason: [overload, no-path]}", false, false, true),
        ("{reason: overload}", false, false, false),
        ("{slower_than: 1s}", false, true, false),
        ("{status: 2xx, slower_than: 1s}", false, true, false),
        ("[{status: 404}, {slower_than: 1s}]", false, true, true),
        ("{sample: 100%}", true, true, true),
    ] {
        let log = format!("{{to: stdout, when: {when}}}");
        let held = [&OK, &slow, &missed].map(|end| {
            ended(&log, &get(""), end, |ended, process| {
                process.access_logs()[0].when().iter().any(|when| holds(when, ended, || 0))
            })
        });
        assert_eq!(held, [ok, slow_one, missed_one], "{when}");
    }
}

#[test]
fn a_request_has_its_lot_by_its_trace_or_its_id() {
    let lot = |fields: &str| ended("stdout", &get(fields), &OK, |ended, _| ended.number());
    let traced = |span: &str| lot(&format!("traceparent: 00-{TRACE}-{span}-01\r\n"));
    assert_eq!(traced("00f067aa0ba902b7"), traced("b7ad6b7169203331"));
    assert_ne!(traced("00f067aa0ba902b7"), lot(""));
    assert_eq!(lot(""), lot("x: y\r\n"));
    assert_eq!(ended("stdout", "", &OK, |ended, _| ended.number()), None);
}
