//! In which order types go out, and what waits for what.

use super::*;

const HOLD: Duration = Duration::from_secs(5);
const MOMENT: Duration = Duration::from_millis(1);

/// A client that wants all clusters and routes, and has them.
fn settled() -> Stream {
    let mut stream = Stream::new(Kind::Cluster, &[("blue", "1")]);
    stream.show(Kind::Route, &[("r", "to blue")]);
    assert_eq!(stream.subscribe(Kind::Route, &["*"]), ["route r=to blue"]);
    assert_eq!(stream.subscribe(Kind::Cluster, &["*"]), ["cluster blue=1"]);
    stream.ack(Kind::Cluster);
    stream.ack(Kind::Route);
    stream
}

#[test]
fn what_is_named_goes_before_what_names_it() {
    let mut stream = Stream::new(Kind::Host, &[("h", "1")]);
    for kind in Kind::ALL.into_iter().rev() {
        stream.say(&subscribe(kind, &["*"]));
    }
    let order = ["settings", "cluster", "endpoints", "listener", "route", "host h=1"];
    assert_eq!(stream.hear(), order);
}

#[test]
fn a_removed_cluster_goes_after_the_routes_were_acknowledged() {
    let mut stream = settled();
    stream.change(Kind::Cluster, &[("green", "1")]);
    stream.show(Kind::Route, &[("r", "to green")]);
    assert_eq!(stream.hear(), ["cluster green=1", "route r=to green"]);
    assert!(stream.ack(Kind::Cluster).is_empty());
    assert!(!stream.session.is_settled());
    assert_eq!(stream.ack(Kind::Route), ["cluster -blue"]);
    assert!(stream.ack(Kind::Cluster).is_empty());
    assert!(stream.session.is_settled());
    assert_eq!(stream.session.wake(stream.now), None);
}

#[test]
fn a_removed_cluster_waits_no_longer_than_the_hold() {
    let mut stream = settled();
    stream.change(Kind::Cluster, &[]);
    stream.show(Kind::Route, &[]);
    assert_eq!(stream.hear(), ["route -r"]);
    let wake = stream.session.wake(stream.now).unwrap();
    assert_eq!(wake, stream.now + HOLD);
    assert!(stream.wait(HOLD - MOMENT).is_empty());
    assert_eq!(stream.wait(MOMENT), ["cluster -blue"]);
    assert_eq!(stream.session.wake(stream.now), None, "no moment that is over");
}

#[test]
fn a_removed_cluster_goes_at_once_when_nothing_else_changes() {
    let mut stream = settled();
    stream.show(Kind::Cluster, &[]);
    assert_eq!(stream.hear(), ["cluster -blue"]);
    assert!(stream.ack(Kind::Cluster).is_empty());
    assert!(stream.session.is_settled());
}

#[test]
fn a_cluster_that_comes_back_before_it_was_removed_is_not_sent_unless_it_changed() {
    for (text, wanted) in [("1", vec![]), ("2", vec!["cluster blue=2"])] {
        let mut stream = settled();
        stream.change(Kind::Cluster, &[]);
        stream.show(Kind::Route, &[("r", "redirect")]);
        assert_eq!(stream.hear(), ["route r=redirect"]);
        stream.show(Kind::Cluster, &[("blue", text)]);
        assert_eq!(stream.hear(), wanted);
        assert!(stream.ack(Kind::Route).is_empty());
        if text == "2" {
            assert!(stream.ack(Kind::Cluster).is_empty());
        }
        assert!(stream.session.is_settled());
    }
}

#[test]
fn a_cluster_that_waits_to_be_removed_is_still_what_the_client_runs() {
    let mut stream = settled();
    let before = stream.session.standing(Kind::Cluster, "blue");
    assert!(before.acknowledged.is_some());
    stream.change(Kind::Cluster, &[]);
    stream.show(Kind::Route, &[]);
    stream.hear();
    assert_eq!(stream.session.standing(Kind::Cluster, "blue"), before);
    stream.ack(Kind::Route);
    stream.ack(Kind::Cluster);
    assert_eq!(stream.session.standing(Kind::Cluster, "blue"), Standing::default());
}

#[test]
fn a_cluster_that_waits_to_be_removed_is_spoken_of_once_or_not_at_all() {
    let leaving = || {
        let mut stream = Stream::new(Kind::Cluster, &[("blue", "1"), ("green", "1")]);
        stream.show(Kind::Route, &[("r", "to blue")]);
        stream.subscribe(Kind::Route, &["*"]);
        stream.subscribe(Kind::Cluster, &["blue", "green"]);
        stream.ack(Kind::Cluster);
        stream.ack(Kind::Route);
        stream.change(Kind::Cluster, &[("green", "1")]);
        stream.show(Kind::Route, &[]);
        assert_eq!(stream.hear(), ["route -r"]);
        stream
    };
    let mut stream = leaving();
    assert_eq!(stream.subscribe(Kind::Cluster, &["blue"]), ["cluster -blue"], "who asks is answered");
    assert!(stream.ack(Kind::Cluster).is_empty());
    assert!(stream.ack(Kind::Route).is_empty());

    let mut stream = leaving();
    assert!(stream.unsubscribe(Kind::Cluster, &["blue"]).is_empty());
    assert!(stream.ack(Kind::Route).is_empty());
}

#[test]
fn what_names_others_does_not_overtake_them() {
    let mut stream = settled();
    stream.show(Kind::Cluster, &[("blue", "2")]);
    assert_eq!(stream.hear(), ["cluster blue=2"]);
    // while that is in flight
    stream.change(Kind::Cluster, &[("blue", "2"), ("green", "1")]);
    stream.show(Kind::Route, &[("r", "to green")]);
    assert!(stream.hear().is_empty());
    assert_eq!(stream.ack(Kind::Cluster), ["cluster green=1", "route r=to green"]);
}

#[test]
fn a_type_that_is_never_acknowledged_stops_the_others_no_longer_than_the_hold() {
    let mut stream = settled();
    stream.show(Kind::Cluster, &[("blue", "2")]);
    stream.hear();
    stream.change(Kind::Cluster, &[("blue", "3")]);
    stream.show(Kind::Route, &[("r", "2")]);
    assert!(stream.hear().is_empty());
    assert_eq!(stream.session.wake(stream.now), Some(stream.now + HOLD));
    assert_eq!(stream.wait(HOLD), ["route r=2"]);
    assert!(stream.session.unanswered_since(Kind::Cluster).is_some());
}
