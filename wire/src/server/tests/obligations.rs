//! What the protocol demands of a server (envoy docs, xds_protocol.rst), one test for each demand.

use std::collections::BTreeMap;

use super::*;

const ROUTE: Kind = Kind::Route;

#[test]
fn a_wildcard_brings_everything_and_then_what_changes() {
    let mut stream = Stream::new(ROUTE, &[("a", "1"), ("b", "1"), ("c", "1")]);
    assert_eq!(stream.subscribe(ROUTE, &["*"]), ["route a=1 b=1 c=1"]);
    assert!(stream.ack(ROUTE).is_empty());
    stream.show(ROUTE, &[("a", "1"), ("b", "2"), ("d", "1")]);
    assert_eq!(stream.hear(), ["route b=2 d=1 -c"]);
    assert!(stream.ack(ROUTE).is_empty());
    assert!(stream.session.is_settled());
}

#[test]
fn a_first_wildcard_is_answered_even_with_nothing() {
    let mut stream = Stream::new(ROUTE, &[]);
    assert_eq!(stream.subscribe(ROUTE, &["*"]), ["route"]);
    assert!(stream.ack(ROUTE).is_empty());
}

#[test]
fn a_first_request_without_names_subscribes_to_nothing() {
    let mut stream = Stream::new(ROUTE, &[("a", "1")]);
    assert!(stream.subscribe(ROUTE, &[]).is_empty());
    stream.show(ROUTE, &[("a", "2")]);
    assert!(stream.hear().is_empty());
    assert!(stream.session.is_settled());
}

#[test]
fn names_bring_these_and_what_changes_in_them() {
    let mut stream = Stream::new(ROUTE, &[("a", "1"), ("b", "1"), ("c", "1")]);
    assert_eq!(stream.subscribe(ROUTE, &["b", "c"]), ["route b=1 c=1"]);
    stream.show(ROUTE, &[("a", "2"), ("b", "2"), ("c", "1")]);
    assert_eq!(stream.ack(ROUTE), ["route b=2"]);
    stream.show(ROUTE, &[("a", "3"), ("c", "1")]);
    assert_eq!(stream.ack(ROUTE), ["route -b"]);
    assert!(stream.ack(ROUTE).is_empty());
}

#[test]
fn unknown_names_are_removed_resources_and_come_when_they_exist() {
    let mut stream = Stream::new(Kind::Cluster, &[("a", "1")]);
    assert_eq!(stream.subscribe(Kind::Cluster, &["a", "x"]), ["cluster a=1 -x"]);
    assert!(stream.ack(Kind::Cluster).is_empty());
    stream.show(Kind::Cluster, &[("a", "1"), ("x", "1")]);
    assert_eq!(stream.hear(), ["cluster x=1"]);
}

#[test]
fn a_name_that_is_subscribed_to_again_is_answered_though_nothing_changed() {
    let mut stream = Stream::new(ROUTE, &[("a", "1"), ("b", "1")]);
    stream.subscribe(ROUTE, &["a", "b"]);
    stream.ack(ROUTE);
    assert_eq!(stream.subscribe(ROUTE, &["b"]), ["route b=1"]);
    stream.ack(ROUTE);
    stream.subscribe(ROUTE, &["*"]);
    stream.ack(ROUTE);
    assert_eq!(stream.subscribe(ROUTE, &["a"]), ["route a=1"], "covered by * as well");
    stream.ack(ROUTE);
    assert_eq!(stream.unsubscribe(ROUTE, &["b"]), ["route b=1"]);
    stream.ack(ROUTE);
    assert_eq!(stream.subscribe(ROUTE, &["*"]), ["route b=1"], "those that nobody named");
}

#[test]
fn names_and_wildcard_add_up() {
    let mut stream = Stream::new(ROUTE, &[("a", "1"), ("b", "1")]);
    assert_eq!(stream.subscribe(ROUTE, &["a", "x"]), ["route a=1 -x"]);
    stream.ack(ROUTE);
    assert_eq!(stream.subscribe(ROUTE, &["*"]), ["route b=1"]);
    stream.ack(ROUTE);
    assert_eq!(stream.unsubscribe(ROUTE, &["*"]), [""; 0]);
    stream.show(ROUTE, &[("a", "2"), ("b", "2")]);
    assert_eq!(stream.hear(), ["route a=2"]);
    stream.ack(ROUTE);
    assert_eq!(stream.subscribe(ROUTE, &["*"]), ["route b=2"]);
}

#[test]
fn unsubscribing_a_name_that_the_wildcard_covers_is_answered() {
    let mut stream = Stream::new(ROUTE, &[("a", "1")]);
    stream.subscribe(ROUTE, &["*", "a", "x"]);
    stream.ack(ROUTE);
    assert_eq!(stream.unsubscribe(ROUTE, &["a", "x", "never"]), ["route a=1 -x"]);
}

#[test]
fn an_unsubscribed_name_is_not_spoken_of() {
    let mut stream = Stream::new(ROUTE, &[("a", "1"), ("b", "1")]);
    stream.subscribe(ROUTE, &["a", "b"]);
    stream.ack(ROUTE);
    assert!(stream.unsubscribe(ROUTE, &["a"]).is_empty());
    stream.show(ROUTE, &[]);
    assert_eq!(stream.hear(), ["route -b"]);
    stream.ack(ROUTE);
    assert!(stream.unsubscribe(ROUTE, &["b"]).is_empty());
    stream.show(ROUTE, &[("a", "1"), ("b", "1")]);
    assert!(stream.hear().is_empty());
    assert_eq!(stream.subscribe(ROUTE, &["*"]), ["route a=1 b=1"], "it has forgotten all");
}

#[test]
fn what_was_unsubscribed_is_not_kept_in_memory() {
    let mut stream = Stream::new(ROUTE, &[("a", "1")]);
    stream.subscribe(ROUTE, &["*"]);
    stream.ack(ROUTE);
    stream.unsubscribe(ROUTE, &["*"]);
    stream.show(ROUTE, &[]);
    stream.hear();
    stream.cache.sweep();
    assert_eq!(stream.cache.bytes(), 0);
}

#[test]
fn whoever_wants_all_no_more_gets_no_more_of_it_than_is_in_flight() {
    let limits = Limits { response_bytes: 1, ..Limits::default() };
    let mut stream = Stream::limited(limits, ROUTE, &[("a", "1"), ("b", "1"), ("c", "1")]);
    assert_eq!(stream.subscribe(ROUTE, &["*", "c"]), ["route a=1 …"]);
    assert!(stream.unsubscribe(ROUTE, &["*"]).is_empty());
    assert_eq!(stream.ack(ROUTE), ["route c=1"]);
    assert!(stream.ack(ROUTE).is_empty());
}

#[test]
fn one_response_of_a_type_is_in_flight_and_later_views_come_as_one() {
    let mut stream = Stream::new(ROUTE, &[("a", "1")]);
    stream.subscribe(ROUTE, &["*"]);
    for text in ["2", "3", "4"] {
        stream.show(ROUTE, &[("a", text), (text, "1")]);
        assert!(stream.hear().is_empty());
    }
    assert_eq!(stream.ack(ROUTE), ["route 4=1 a=4"]);
}

#[test]
fn a_change_that_is_taken_back_while_nobody_listens_is_not_sent() {
    let mut stream = Stream::new(ROUTE, &[("a", "1")]);
    stream.subscribe(ROUTE, &["*"]);
    stream.show(ROUTE, &[("a", "2")]);
    stream.hear();
    stream.show(ROUTE, &[("a", "1")]);
    assert!(stream.ack(ROUTE).is_empty());
}

#[test]
fn stale_nonces_do_not_acknowledge_but_their_subscriptions_count() {
    let mut stream = Stream::new(ROUTE, &[("a", "1"), ("b", "1")]);
    stream.subscribe(ROUTE, &["a"]);
    for nonce in ["0", "77", "x", "01 "] {
        let request = Request { response_nonce: nonce.to_owned(), ..subscribe(ROUTE, &["b"]) };
        assert_eq!(stream.say(&request), Heard::Stale(ROUTE));
        assert!(stream.hear().is_empty(), "the first is still in flight");
    }
    assert_eq!(stream.ack(ROUTE), ["route b=1"]);
}

#[test]
fn spontaneous_requests_do_not_acknowledge() {
    let mut stream = Stream::new(ROUTE, &[("a", "1"), ("b", "1")]);
    stream.subscribe(ROUTE, &["a"]);
    assert_eq!(stream.say(&subscribe(ROUTE, &["b"])), Heard::Wish(ROUTE));
    assert!(stream.hear().is_empty());
    assert!(stream.session.unanswered_since(ROUTE).is_some());
    assert_eq!(stream.ack(ROUTE), ["route b=1"]);
}

#[test]
fn an_acknowledgement_counts_once() {
    let mut stream = Stream::new(ROUTE, &[("a", "1")]);
    stream.subscribe(ROUTE, &["*"]);
    let request = Request { response_nonce: stream.nonce(ROUTE), ..about(ROUTE) };
    assert_eq!(stream.say(&request), Heard::Acknowledged(ROUTE));
    assert_eq!(stream.say(&request), Heard::Stale(ROUTE));
}

#[test]
fn whoever_comes_back_gets_only_what_differs() {
    let mut stream = Stream::new(ROUTE, &[("a", "1"), ("b", "2"), ("d", "1")]);
    let version = |text: &str| Version::of(text).to_string();
    let rows: [(&[&str], &str); 3] = [
        (&["*"], "route b=2 d=1 -c"),
        (&["a", "b", "c"], "route b=2 -c"),
        (&["*", "b", "x"], "route d=1 -c b=2 -x"),
    ];
    for (names, wanted) in rows {
        let claims =
            [("a", version("1")), ("b", version("1")), ("c", version("1")), ("d", "junk".to_owned())];
        let initial_versions = claims.map(|(name, version)| (name.to_owned(), version)).into();
        let mut stream = Stream::new(ROUTE, &[("a", "1"), ("b", "2"), ("d", "1")]);
        stream.say(&Request { initial_versions, ..subscribe(ROUTE, names) });
        // resources stand before removals on the wire
        let sorted = |line: &str| {
            let mut words: Vec<_> = line.split(' ').map(str::to_owned).collect();
            words.sort_unstable();
            words
        };
        assert_eq!(stream.hear().iter().map(|line| sorted(line)).collect::<Vec<_>>(), [sorted(wanted)]);
        assert!(stream.ack(ROUTE).is_empty());
        assert!(stream.session.is_settled());
    }
    let all = BTreeMap::from([("a", "1"), ("b", "2"), ("d", "1")]);
    let initial_versions = all.iter().map(|(name, text)| ((*name).to_owned(), version(text))).collect();
    stream.say(&Request { initial_versions, ..subscribe(ROUTE, &["*"]) });
    assert_eq!(stream.hear(), ["route"], "it hears that it has everything");
    assert!(stream.ack(ROUTE).is_empty());
}

#[test]
fn versions_that_are_claimed_later_are_not_believed() {
    let mut stream = Stream::new(ROUTE, &[("a", "1")]);
    stream.subscribe(ROUTE, &[]);
    let initial_versions = [("a".to_owned(), Version::of("1").to_string())].into();
    stream.say(&Request { initial_versions, ..subscribe(ROUTE, &["a"]) });
    assert_eq!(stream.hear(), ["route a=1"]);
}

#[test]
fn a_nack_is_an_error_detail_and_its_lines_name_what_was_rejected() {
    let mut stream = Stream::new(ROUTE, &[("a", "1"), ("b", "1"), ("c", "1")]);
    stream.subscribe(ROUTE, &["*"]);
    stream.ack(ROUTE);
    stream.show(ROUTE, &[("a", "2"), ("b", "2"), ("c", "1")]);
    stream.hear();
    let heard = stream.nack(ROUTE, "b: no such cluster: x (3:5)\nc: was not in it\n");
    assert_eq!(heard, Heard::Rejected(ROUTE, 1));
    assert!(stream.hear().is_empty(), "it is not sent again");

    let version = |text| Some(Version::of(text));
    let standing = |stream: &Stream, name| {
        let Standing { sent, acknowledged, rejected } = stream.session.standing(ROUTE, name);
        (sent, acknowledged, rejected.map(|rejection| rejection.reason.to_string()))
    };
    let reason = Some("no such cluster: x (3:5)".to_owned());
    assert_eq!(standing(&stream, "a"), (version("2"), version("2"), None));
    assert_eq!(standing(&stream, "b"), (version("2"), version("1"), reason.clone()));
    assert_eq!(standing(&stream, "c"), (version("1"), version("1"), None));
    assert_eq!(standing(&stream, "x"), (None, None, None));

    // rejected again: it still runs the first one
    stream.show(ROUTE, &[("a", "2"), ("b", "3"), ("c", "1")]);
    assert_eq!(stream.hear(), ["route b=3"]);
    assert_eq!(standing(&stream, "b"), (version("3"), version("1"), reason));
    stream.nack(ROUTE, "b: worse");
    assert_eq!(standing(&stream, "b"), (version("3"), version("1"), Some("worse".to_owned())));
    let rejections: Vec<_> =
        stream.session.rejections().map(|(kind, name, _)| (kind, name.to_owned())).collect();
    assert_eq!(rejections, [(ROUTE, "b".to_owned())]);

    // what others send does not change that, until it is acknowledged
    stream.show(ROUTE, &[("a", "3"), ("b", "3"), ("c", "1")]);
    stream.hear();
    stream.ack(ROUTE);
    assert_eq!(standing(&stream, "b"), (version("3"), version("1"), Some("worse".to_owned())));
    stream.show(ROUTE, &[("a", "3"), ("b", "4"), ("c", "1")]);
    stream.hear();
    stream.ack(ROUTE);
    assert_eq!(standing(&stream, "b"), (version("4"), version("4"), None));
}

#[test]
fn a_nack_that_names_nothing_rejects_the_whole_response() {
    let mut stream = Stream::new(ROUTE, &[("a", "1"), ("b", "1")]);
    stream.subscribe(ROUTE, &["*"]);
    assert_eq!(stream.nack(ROUTE, "cannot parse"), Heard::Rejected(ROUTE, 2));
    let reasons =
        stream.session.rejections().map(|(_, name, rejection)| format!("{name}: {}", rejection.reason));
    assert_eq!(reasons.collect::<Vec<_>>(), ["a: cannot parse", "b: cannot parse"]);
}

#[test]
fn reasons_are_bounded() {
    let names: Vec<_> = (0..300).map(|number| format!("r{number:03}")).collect();
    let resources: Vec<_> = names.iter().map(|name| (name.as_str(), "1")).collect();
    let mut stream = Stream::new(ROUTE, &resources);
    stream.subscribe(ROUTE, &["*"]);
    let lines: Vec<_> = names.iter().map(|name| format!("{name}: {}", "ü".repeat(5000))).collect();
    assert_eq!(stream.nack(ROUTE, &lines.join("\n")), Heard::Rejected(ROUTE, 300));
    let lengths = stream.session.rejections().map(|(_, _, rejection)| rejection.reason.len());
    assert_eq!(lengths.filter(|length| *length == 512).count(), 100);
}

#[test]
fn what_is_large_comes_in_several_responses() {
    let names: Vec<_> = (0..10).map(|number| format!("r{number}")).collect();
    let text = "x".repeat(400);
    let resources: Vec<_> = names.iter().map(|name| (name.as_str(), text.as_str())).collect();
    let limits = Limits { response_bytes: 2000, ..Limits::default() };
    let mut stream = Stream::limited(limits, ROUTE, &resources);
    let mut heard = Vec::new();
    let mut lines = stream.subscribe(ROUTE, &["*"]);
    while let [line] = &lines[..] {
        heard.push((line.matches('=').count(), line.ends_with('…')));
        // a rejection in the middle stops nothing
        if heard.len() == 2 {
            stream.nack(ROUTE, "r5: no");
            lines = stream.hear();
        } else {
            lines = stream.ack(ROUTE);
        }
    }
    assert_eq!(heard, [(4, true), (4, true), (2, false)]);
    let huge = "y".repeat(5000);
    stream.show(ROUTE, &[("a", "1"), ("b", &huge), ("c", "1")]);
    assert_eq!(stream.hear(), ["route a=1 …"]);
    assert_eq!(stream.ack(ROUTE), [format!("route b={huge} …")], "one that is larger comes alone");
}

#[test]
fn wishes_have_limits() {
    let limits = Limits { names: 3, name_bytes: 5, ..Limits::default() };
    let mut stream = Stream::limited(limits, ROUTE, &[]);
    let rows: [(Kind, &[&str], Result<(), Refused>); 5] = [
        (ROUTE, &["a", "b", "*"], Ok(())),
        (Kind::Host, &["c"], Ok(())),
        (Kind::Host, &["c", "c"], Ok(())),
        (Kind::Host, &["longer"], Err(Refused::NameTooLong(5))),
        (Kind::Host, &["d"], Err(Refused::TooManyNames(3))),
    ];
    for (kind, names, wanted) in rows {
        assert_eq!(stream.session.request(&subscribe(kind, names)).map(|_| ()), wanted, "{names:?}");
    }
}

#[test]
fn unknown_types_are_ignored() {
    let mut stream = Stream::new(ROUTE, &[]);
    let request = Request {
        type_url: "type.googleapis.com/envoy.config.cluster.v3.Cluster".to_owned(),
        ..subscribe(ROUTE, &["*"])
    };
    assert_eq!(stream.say(&request), Heard::UnknownType);
    assert!(stream.hear().is_empty());
}
