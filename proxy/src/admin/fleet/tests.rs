use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::shared::{Hosts, Tally};

fn shown(change: impl FnOnce(&mut Standing)) -> Value {
    let (hosts, _asks) = Hosts::new(1, Duration::from_secs(1));
    let place = Fleet::new("127.0.0.1:15011", Some(hosts));
    place.note(change);
    row(&place)
}

#[test]
fn the_page_says_how_it_stands() {
    let fresh = shown(|_| {});
    assert_eq!((&fresh["connection"]["state"], &fresh["table"]), (&"connecting".into(), &Value::Null));
    let object = Object {
        kind: "route",
        name: "shop/all".into(),
        open: Open::Waiting,
        fault: "there is no cluster `app`".into(),
    };
    let lost = shown(|standing| {
        standing.link = Link::Lost { since: SystemTime::UNIX_EPOCH, fault: "refused".into() };
        standing.origin = Some(Origin::Stored);
        standing.confirmed = Some(SystemTime::now() - Duration::from_secs(61));
        standing.tallies = Arc::new([Tally { kind: "route", live: 3, open: [1, 2, 0] }]);
        standing.objects = Arc::new([object]);
    });
    assert_eq!(lost["server"], "127.0.0.1:15011");
    assert_eq!(lost["connection"]["fault"], "refused");
    assert_eq!((&lost["table"], &lost["age"]), (&"stored".into(), &"1m1s".into()));
    assert_eq!(lost["resources"]["route"]["waiting"], 2);
    assert_eq!(
        (lost["waiting"][0]["name"].as_str(), lost["rejected"].as_array()),
        (Some("shop/all"), Some(&vec![]))
    );
    assert_eq!(lost["hosts"]["known"], 0);
}
