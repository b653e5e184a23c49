use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use towpath_config::{Source, compile};

use super::*;

fn manner(health: &str) -> Manner {
    let table = format!(
        "listeners: {{web: {{address: 127.0.0.1:1}}}}\nroutes: {{r: {{to: a}}}}\n\
         clusters: {{a: {{endpoints: [127.0.0.1:2], protocol: h2, health: {health}}}}}\n"
    );
    let compiled = compile(&Source::new("table.yaml", table), &|_| None).expect("a table");
    let check = compiled.config().clusters()[0].resilience().health().as_deref().expect("a check").clone();
    Manner { check, protocol: ClusterProtocol::Http2, proxy_protocol: None }
}

#[test]
fn a_status_is_good_bad_or_final() {
    let manner =
        manner("{http: /, statuses: [2xx, 404, 503], at_once: [503, 41x]}".replace("41x", "410").as_str());
    let Ask::Http { statuses, at_once, .. } = manner.check.ask() else { panic!("it asks by HTTP") };
    for (status, heard, sign) in [
        (200, Heard::Passed, Sign::Good),
        (299, Heard::Passed, Sign::Good),
        (404, Heard::Passed, Sign::Good),
        (301, Heard::Status, Sign::Bad),
        (500, Heard::Status, Sign::Bad),
        (410, Heard::Status, Sign::Final),
        // the worse of both is meant
        (503, Heard::Status, Sign::Final),
    ] {
        assert_eq!(judged(status, statuses, at_once), Told { heard, status: Some(status), sign }, "{status}");
    }
}

#[test]
fn an_answer_of_the_health_protocol_is_ok_and_says_that_it_serves() {
    let status = |value: &'static str| {
        HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from_static(value))])
    };
    let none = HeaderMap::new;
    let serving = Bytes::from_static(b"\0\0\0\0\x02\x08\x01");
    for (status, head, body, trailers, heard) in [
        (200, none(), serving.clone(), Some(status("0")), Heard::Passed),
        (200, none(), Bytes::from_static(b"\0\0\0\0\x02\x08\x02"), Some(status("0")), Heard::NotServing),
        // there is no such service, or no such protocol
        (200, status("5"), Bytes::new(), None, Heard::Status),
        (200, none(), Bytes::new(), Some(status("12")), Heard::Status),
        (200, none(), serving.clone(), None, Heard::Broken),
        (200, none(), Bytes::new(), Some(status("0")), Heard::Broken),
        (404, none(), serving, Some(status("0")), Heard::Status),
    ] {
        let answer = Answer { status, head, body, trailers };
        assert_eq!(served(&answer).heard, heard, "{answer:?}");
    }
}

#[test]
fn what_this_process_lacks_says_nothing_of_an_endpoint() {
    // EMFILE, ENFILE; ECONNREFUSED, EHOSTUNREACH
    for (code, ours) in [(24, true), (23, true), (111, false), (113, false)] {
        assert_eq!(is_ours(&io::Error::from_raw_os_error(code)), ours, "{code}");
    }
    assert_eq!(Told::from(Heard::Unasked).sign, Sign::None);
}
