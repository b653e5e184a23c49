use std::collections::BTreeMap;

use super::*;
use crate::cache::Cache;

const ROUTE: Kind = Kind::Route;

fn client() -> Client {
    Client::new(Identity {
        id: "p7".to_owned(),
        namespace: "shop".to_owned(),
        labels: BTreeMap::new(),
        locality: String::new(),
        version: "0.1.0".to_owned(),
    })
}

/// A response with these routes.
fn response(nonce: &str, routes: &[(&str, &str)], removed: &[&str]) -> Response {
    let mut cache = Cache::default();
    let encoded = routes.iter().map(|(name, text)| cache.resource(ROUTE, name, text).encoded().clone());
    Response {
        resources: encoded.collect(),
        type_url: ROUTE.url().to_owned(),
        nonce: nonce.to_owned(),
        removed: removed.iter().map(|name| (*name).to_owned()).collect(),
        ..Response::default()
    }
}

fn take(client: &mut Client, response: Response) -> Request {
    let batch = client.response(response).unwrap();
    client.verdict(&batch, &[]).unwrap()
}

#[test]
fn it_says_first_who_it_is_what_it_wants_and_what_it_holds() {
    let mut client = client();
    assert_eq!(client.subscribe_all(Kind::Cluster), None, "there is no stream yet");
    client.subscribe(ROUTE, ["a", "b"]);
    client.hold(ROUTE, "a", Version::of("1"));
    client.hold(ROUTE, "c", Version::of("1"));
    let first = client.connected();
    let said: Vec<_> =
        first.iter().map(|request| (request.kind().unwrap(), request.subscribe.join(" "))).collect();
    assert_eq!(said, [(Kind::Cluster, "*".to_owned()), (ROUTE, "a b".to_owned())]);
    assert_eq!(first[0].identity().unwrap().id, "p7");
    assert!(first[1].node.is_none());
    assert_eq!(first[1].initial_versions, [("a".to_owned(), Version::of("1").to_string())].into());
    assert!(first.iter().all(|request| request.response_nonce.is_empty()));
}

#[test]
fn wishes_that_change_are_said_at_once_and_without_a_nonce() {
    let mut client = client();
    client.connected();
    let said = client.subscribe(ROUTE, ["a"]).unwrap();
    assert_eq!((said.subscribe.join(" "), said.response_nonce.as_str()), ("a".to_owned(), ""));
    assert_eq!(client.unsubscribe(ROUTE, ["x"]), None, "it never wanted that");
    assert_eq!(client.unsubscribe(ROUTE, ["a", "x"]).unwrap().unsubscribe, ["a"]);
    assert_eq!(client.subscribe_all(ROUTE).unwrap().subscribe, ["*"]);
    client.disconnected();
    assert_eq!(client.subscribe(ROUTE, ["b"]), None);
}

#[test]
fn an_ack_has_the_nonce_and_a_nack_a_line_for_each_name() {
    let mut client = client();
    client.subscribe_all(ROUTE);
    client.connected();
    let ack = take(&mut client, response("1", &[("a", "1"), ("b", "1")], &["x"]));
    assert_eq!((ack.response_nonce.as_str(), &ack.error_detail), ("1", &None));
    let batch = client.response(response("2", &[("a", "2"), ("b", "2"), ("c", "2")], &[])).unwrap();
    let rejected = [("c", "not\nso"), ("a", "no")].map(|(name, reason)| (name.to_owned(), reason.to_owned()));
    let nack = client.verdict(&batch, &rejected).unwrap();
    assert_eq!(nack.error_detail.unwrap().message, "a: no\nc: not so");
    let held = ["a", "b", "c"].map(|name| client.held(ROUTE, name));
    assert_eq!(held, [Some(Version::of("1")), Some(Version::of("2")), None], "the others were taken");
}

#[test]
fn a_nack_of_very_many_has_all_names() {
    let mut client = client();
    client.subscribe_all(ROUTE);
    client.connected();
    let batch = client.response(response("1", &[], &[])).unwrap();
    let rejected: Vec<_> = (0..5000).map(|number| (format!("r{number:04}"), "x".repeat(1000))).collect();
    let message = client.verdict(&batch, &rejected).unwrap().error_detail.unwrap().message;
    assert_eq!(message.lines().count(), 5000);
    assert!(message.len() < 600_000, "{}", message.len());
}

#[test]
fn what_cannot_be_read_is_rejected_by_name() {
    let mut client = client();
    client.subscribe_all(ROUTE);
    client.connected();
    let mut garbled = response("1", &[("a", "1")], &[]);
    garbled.resources.push(Cache::default().resource(Kind::Cluster, "b", "1").encoded().clone());
    let nack = take(&mut client, garbled).error_detail.unwrap();
    assert!(nack.message.starts_with("b: a body of type "), "{}", nack.message);
    assert!(client.held(ROUTE, "a").is_some() && client.held(ROUTE, "b").is_none());
}

#[test]
fn what_cannot_be_answered_ends_the_stream() {
    let client = client();
    let noname = Response { resources: vec![vec![0xff].into()], ..response("1", &[], &[]) };
    let rows = [
        (Response { type_url: "x".to_owned(), ..response("1", &[], &[]) }, Garbled::Kind("x".to_owned())),
        (response("", &[], &[]), Garbled::NoNonce),
        (noname, Garbled::NoName("route")),
    ];
    for (response, wanted) in rows {
        assert_eq!(client.response(response).unwrap_err(), wanted);
    }
}

#[test]
fn what_was_unsubscribed_meanwhile_is_not_there() {
    let mut client = client();
    client.subscribe(ROUTE, ["a", "b"]);
    client.connected();
    client.unsubscribe(ROUTE, ["a"]);
    let batch = client.response(response("1", &[("a", "1"), ("b", "1")], &[])).unwrap();
    assert_eq!(batch.upserts.iter().map(|upsert| &*upsert.name).collect::<Vec<_>>(), ["b"]);
    client.unsubscribe(ROUTE, ["b"]);
    client.verdict(&batch, &[]);
    assert_eq!(client.held(ROUTE, "b"), None);
}

#[test]
fn what_was_unsubscribed_after_it_came_is_left_out() {
    let mut client = client();
    client.subscribe(ROUTE, ["a", "b"]);
    client.connected();
    let mut batch = client.response(response("1", &[("a", "1"), ("b", "2")], &[])).unwrap();
    client.unsubscribe(ROUTE, ["a"]);
    client.sift(&mut batch);
    assert_eq!(batch.upserts.iter().map(|upsert| &*upsert.name).collect::<Vec<_>>(), ["b"]);
    // the answer is still the answer to that response
    assert_eq!(client.verdict(&batch, &[]).unwrap().response_nonce, "1");
    assert_eq!((client.held(ROUTE, "a"), client.held(ROUTE, "b").is_some()), (None, true));
}

#[test]
fn a_verdict_on_what_an_earlier_connection_brought_goes_nowhere_but_what_was_taken_is_held() {
    let mut client = client();
    client.subscribe_all(ROUTE);
    client.connected();
    let batch = client.response(response("1", &[("a", "1")], &[])).unwrap();
    client.disconnected();
    assert_eq!(client.verdict(&batch, &[]), None);
    client.connected();
    assert_eq!(client.verdict(&batch, &[]), None);
    assert_eq!(client.held(ROUTE, "a"), Some(Version::of("1")));
    assert!(!client.is_synced());
}

#[test]
fn it_is_synced_when_all_of_every_type_has_come() {
    let mut client = client();
    client.subscribe_all(ROUTE);
    client.subscribe(Kind::Host, ["h"]);
    assert!(!client.is_synced());
    client.connected();
    let more = Response { system_version: MORE.to_owned(), ..response("1", &[("a", "1")], &[]) };
    take(&mut client, more);
    assert!(!client.is_synced());
    take(&mut client, response("2", &[("b", "1")], &[]));
    assert!(client.is_synced());
    take(&mut client, Response { system_version: MORE.to_owned(), ..response("3", &[], &[]) });
    assert!(client.is_synced(), "it was, once");
    client.disconnected();
    assert!(!client.is_synced());
}
