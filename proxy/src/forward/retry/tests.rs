use std::time::{Duration, SystemTime, UNIX_EPOCH};

use towpath_config::model::{Action, Retry};
use towpath_config::{Source, compile};

use super::{Tried, Verdict, is_again, judge, pause};
use crate::codec::fields::Fields;
use crate::codec::message::{RequestHead, ResponseHead};
use crate::outcome::Reason;
use crate::upstream::attempt::{AttemptFault, Seen};

fn rules(retry: &str) -> Retry {
    let table = format!(
        "listeners: {{web: {{address: \"127.0.0.1:80\"}}}}\nroutes: {{all: {{to: a, retry: {retry}}}}}\n\
         clusters: {{a: {{endpoints: [\"127.0.0.1:1\"]}}}}\n"
    );
    let compiled = compile(&Source::new("test.yaml", table), &|_| None).expect("a table");
    let Some(Action::Forward(forward)) =
        compiled.config().routes().first().map(|route| route.action().clone())
    else {
        panic!("a route that forwards")
    };
    let destination = forward.split().destinations().first().expect("a destination").clone();
    destination.policy().retry().as_deref().expect("a policy").clone()
}

fn request(method: &str, grpc: bool) -> RequestHead {
    let mut head = RequestHead { line: method.to_owned(), method: method.len(), ..RequestHead::default() };
    if grpc {
        head.fields.add(b"content-type", |value| value.extend_from_slice(b"application/grpc"));
    }
    head
}

fn fields(list: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in list {
        fields.add(name.as_bytes(), |bytes| bytes.extend_from_slice(value.as_bytes()));
    }
    fields
}

fn answer(status: u16, list: &[(&str, &str)]) -> ResponseHead {
    ResponseHead { status, fields: fields(list), ..ResponseHead::default() }
}

/// 2026-11-22T00:00:00Z.
const NOW_SECONDS: u64 = 1_795_305_600;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW_SECONDS)
}

const AGAIN: Verdict = Verdict::Again(None);

/// Conditions, method, status and fields of the answer.
type Row<'a> = (&'a str, &'a str, u16, &'a [(&'a str, &'a str)], Verdict);

#[test]
fn answers_are_judged_by_their_heads() {
    let rows: &[Row<'_>] = &[
        ("5xx", "GET", 500, &[], AGAIN),
        ("5xx", "GET", 599, &[], AGAIN),
        ("5xx", "GET", 499, &[], Verdict::Enough),
        ("5xx", "GET", 200, &[], Verdict::Enough),
        ("5xx", "POST", 503, &[], Verdict::NotIdempotent),
        ("5xx", "PATCH", 503, &[], Verdict::NotIdempotent),
        ("5xx", "PUT", 503, &[], AGAIN),
        ("gateway-error", "GET", 500, &[], Verdict::Enough),
        ("gateway-error", "GET", 501, &[], Verdict::Enough),
        ("gateway-error", "GET", 502, &[], AGAIN),
        ("gateway-error", "GET", 503, &[], AGAIN),
        ("gateway-error", "GET", 504, &[], AGAIN),
        ("gateway-error", "GET", 505, &[], Verdict::Enough),
        ("retriable-4xx", "GET", 409, &[], AGAIN),
        ("retriable-4xx", "GET", 408, &[], Verdict::Enough),
        ("[connect-failure, reset, refused-stream]", "GET", 503, &[], Verdict::Enough),
        ("none, statuses: [429, 5xx]", "GET", 429, &[], AGAIN),
        ("none, statuses: [429, 5xx]", "GET", 511, &[], AGAIN),
        ("none, statuses: [429, 5xx]", "GET", 404, &[], Verdict::Enough),
        ("none, statuses: 404", "POST", 404, &[], Verdict::NotIdempotent),
        ("none, headers: {x-again: present}", "GET", 200, &[("X-Again", "1")], AGAIN),
        ("none, headers: {x-again: present}", "GET", 200, &[], Verdict::Enough),
        ("none, headers: {x-again: \"yes\"}", "GET", 200, &[("x-again", "no"), ("x-again", "yes")], AGAIN),
        // statuses of gRPC mean something in answers to calls only
        ("unavailable", "GET", 200, &[("grpc-status", "14")], Verdict::Enough),
    ];
    for (conditions, method, status, fields, expected) in rows {
        let rules = rules(&format!("{{conditions: {conditions}}}"));
        let head = answer(*status, fields);
        let verdict = judge(&rules, &request(method, false), Tried::Answered(&head), now);
        assert_eq!(verdict, *expected, "{conditions}: {method} {status} {fields:?}");
    }
}

#[test]
fn calls_are_judged_by_their_status() {
    let rows = [
        ("cancelled", "1"),
        ("deadline-exceeded", "4"),
        ("resource-exhausted", "8"),
        ("internal", "13"),
        ("unavailable", "14"),
    ];
    for (condition, code) in rows {
        for (_, other) in rows {
            let rules = rules(&format!("{{conditions: {condition}, methods: any}}"));
            let head = answer(200, &[("grpc-status", other)]);
            let verdict = judge(&rules, &request("POST", true), Tried::Answered(&head), now);
            let expected = if code == other { AGAIN } else { Verdict::Enough };
            assert_eq!(verdict, expected, "{condition}: {other}");
        }
    }
    // a call is a POST
    let head = answer(200, &[("grpc-status", "14")]);
    let verdict = judge(&rules("2"), &request("POST", true), Tried::Answered(&head), now);
    assert_eq!(verdict, Verdict::NotIdempotent);
}

#[test]
fn failures_are_judged_by_what_was_seen() {
    use Reason::{BadResponse, ConnectFailure, ConnectTimeout, ResponseTimeout, TryTimeout, UpstreamReset};
    let every = [Seen::Unsent, Seen::Refused, Seen::Nothing, Seen::Unknown, Seen::Something];
    let rows: &[(&str, Reason, &[Seen])] = &[
        ("connect-failure", ConnectFailure, &every),
        ("connect-failure", ConnectTimeout, &every),
        ("connect-failure", TryTimeout, &[Seen::Unsent]),
        ("connect-failure", UpstreamReset, &[]),
        ("refused-stream", UpstreamReset, &[Seen::Refused]),
        ("reset-before-request", UpstreamReset, &[Seen::Unsent, Seen::Nothing]),
        ("reset-before-request", ConnectFailure, &[]),
        ("reset", UpstreamReset, &every),
        ("reset", ConnectFailure, &every),
        ("reset", ResponseTimeout, &every),
        ("reset", TryTimeout, &every),
        ("reset", BadResponse, &every),
        ("5xx", ConnectTimeout, &every),
        ("gateway-error", UpstreamReset, &every),
        ("[retriable-4xx, unavailable]", UpstreamReset, &[]),
    ];
    for (conditions, reason, wanted) in rows {
        let rules = rules(&format!("{{conditions: {conditions}}}"));
        for seen in every {
            let tried = Tried::Failed(AttemptFault { reason: *reason, seen });
            let wanted = wanted.contains(&seen);
            let get = if wanted { AGAIN } else { Verdict::Enough };
            assert_eq!(judge(&rules, &request("GET", false), tried, now), get, "{conditions}: {tried:?}");
            // a POST only where nothing of it can have been processed
            let unprocessed = matches!(seen, Seen::Unsent | Seen::Refused | Seen::Nothing);
            let post = match (wanted, unprocessed) {
                (false, _) => Verdict::Enough,
                (true, true) => AGAIN,
                (true, false) => Verdict::NotIdempotent,
            };
            assert_eq!(judge(&rules, &request("POST", false), tried, now), post, "{conditions}: {tried:?}");
        }
    }
}

#[test]
fn what_is_no_failure_of_an_endpoint_is_not_tried_again() {
    let rules = rules(
        "{conditions: [5xx, reset, connect-failure, refused-stream, reset-before-request], methods: any}",
    );
    for reason in Reason::ALL {
        let tried = Tried::Failed(AttemptFault::unsent(*reason));
        let again = judge(&rules, &request("GET", false), tried, now) == AGAIN;
        let expected = matches!(
            reason,
            Reason::ConnectFailure
                | Reason::ConnectTimeout
                | Reason::UpstreamReset
                | Reason::ResponseTimeout
                | Reason::TryTimeout
                | Reason::BadResponse
        );
        assert_eq!(again, expected, "{reason}");
    }
}

#[test]
fn answers_may_ask_for_a_pause() {
    let seconds = |count| Verdict::Again(Some(Duration::from_secs(count)));
    let moment = (NOW_SECONDS + 3).to_string();
    let rows: &[(&[(&str, &str)], Verdict)] = &[
        (&[], AGAIN),
        (&[("retry-after", "2")], seconds(2)),
        (&[("Retry-After", "5")], seconds(5)),
        (&[("retry-after", "6")], Verdict::TooLate),
        (&[("retry-after", "Sun, 22 Nov 2026 00:00:04 GMT")], seconds(4)),
        (&[("retry-after", "Sat, 21 Nov 2026 23:00:00 GMT")], seconds(0)),
        (&[("retry-after", "Sun, 22 Nov 2026 01:00:00 GMT")], Verdict::TooLate),
        (&[("retry-after", "soon")], AGAIN),
        (&[("retry-after", "1"), ("x-ratelimit-reset", "3")], seconds(1)),
        (&[("ratelimit-reset", "3")], seconds(3)),
        (&[("x-ratelimit-reset", moment.as_str())], seconds(3)),
        (&[("x-ratelimit-reset", "99999999999999999999")], AGAIN),
        (&[("grpc-retry-pushback-ms", "1500")], Verdict::Again(Some(Duration::from_millis(1500)))),
        (&[("grpc-retry-pushback-ms", "-1")], Verdict::TooLate),
    ];
    for (fields, expected) in rows {
        let head = answer(503, fields);
        let verdict = |rules: &Retry| judge(rules, &request("GET", false), Tried::Answered(&head), now);
        assert_eq!(verdict(&rules("{conditions: 5xx}")), *expected, "{fields:?}");
        assert_eq!(verdict(&rules("{conditions: 5xx, retry_after_max: none}")), AGAIN, "{fields:?}");
    }
}

#[test]
fn pauses_stay_within_their_bounds() {
    let rules = rules("{backoff: {base: 20ms, max: 250ms}}");
    let mut rng = fastrand::Rng::with_seed(1);
    for (number, longest) in [(1, 20), (2, 60), (3, 140), (4, 250), (5, 250), (40, 250)] {
        assert_eq!(pause(&rules, number, None, 1.0), Duration::from_millis(longest));
        assert_eq!(pause(&rules, number, None, 0.0), Duration::ZERO);
        for _ in 0..100 {
            assert!(pause(&rules, number, None, rng.f64()) <= Duration::from_millis(longest));
        }
    }
    let asked = Duration::from_secs(2);
    for _ in 0..100 {
        let pause = pause(&rules, 1, Some(asked), rng.f64());
        assert!((asked..=asked + asked / 2).contains(&pause), "{pause:?}");
    }
}

#[test]
fn a_proxy_in_front_tells_that_it_tries_again() {
    for (value, again) in [("1", false), ("2", true), ("17", true), ("", false), ("x", false), ("-2", false)]
    {
        assert_eq!(is_again(&fields(&[("X-Towpath-Attempt", value)])), again, "{value}");
    }
    assert!(!is_again(&fields(&[("x-other", "2")])));
}
