//! While too many requests fail, some are turned away, until they succeed again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use support::{Call, Next, Proxy, Upstream, eventually, get};

#[test]
fn what_is_overloaded_is_left_alone_until_it_has_recovered() {
    let ill = Arc::new(AtomicBool::new(false));
    let said = Arc::clone(&ill);
    let upstream = Upstream::start(move |call: &mut Call<'_>| {
        call.body();
        let status = if said.load(Ordering::SeqCst) { 500 } else { 200 };
        call.send(format!("HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n"));
        Next::Keep
    });
    let proxy = Proxy::in_front_of(upstream.address(), "", ", admission: {window: 2s, volume: 10}");
    let part = "towpath_admission_turned_away_ratio{cluster=\"app\"}";
    let ask = || {
        let answer = get(proxy.address("web"), "/").unwrap();
        (answer.status, answer.value("x-towpath-reason").map(str::to_owned))
    };
    for _ in 0..20 {
        assert_eq!(ask().0, 200);
    }
    assert_eq!(proxy.metric(part), Some(0.0));

    ill.store(true, Ordering::SeqCst);
    eventually("some are turned away", || {
        let (status, reason) = ask();
        (status == 503).then(|| assert_eq!(reason.as_deref(), Some("admission-control")))
    });
    eventually("others are not: by them it is seen how things stand", || (ask().0 == 500).then_some(()));
    assert!(proxy.metric(part).unwrap() <= 0.8);
    let shed = "towpath_cluster_shed_total{cluster=\"app\",importance=\"normal\",cause=\"admission\"}";
    assert!(proxy.metric(shed) >= Some(1.0));

    ill.store(false, Ordering::SeqCst);
    eventually("all is well again", || {
        ask();
        (proxy.metric(part) == Some(0.0)).then_some(())
    });
    assert_eq!(ask().0, 200);
    let log = proxy.log();
    assert!(log.contains("some are turned away") && log.contains("no request is turned away"), "{log}");
}
