use std::time::Duration;

use towpath_config::model::{Endpoint, Place};
use towpath_config::{Source, compile};

use super::*;
use crate::observe::expose::Format;
use crate::observe::series::SeriesBook;

fn snapshot(old: Option<&Snapshot>, dns: &str) -> Snapshot {
    let table = format!(
        "proxy: {{dns: {{{dns}}}}}\nclusters: {{a: {{dns: {{name: a.test, port: 80}}}}, b: {{endpoints: []}}}}\n"
    );
    let compiled = compile(&Source::new("test.yaml", table), &|_| None);
    let config = compiled.unwrap_or_else(|faults| panic!("{faults}")).into_config();
    Snapshot::next(old, config, &SeriesBook::new(1))
}

#[test]
fn first_answers_are_waited_for_but_not_for_ever() {
    let first = snapshot(None, "startup_timeout: 3s");
    let after = |seconds| first.loaded() + Duration::from_secs(seconds);
    assert_eq!((waited_for(&first, after(2)), waited_for(&first, after(3))), (vec!["a"], vec![]));
    first.name("a").unwrap().state().record(DnsVerdict::Timeout, after(1));
    assert_eq!(waited_for(&first, after(2)), ["a"]);
    first.name("a").unwrap().state().record(DnsVerdict::Resolved, after(1));
    assert!(waited_for(&first, after(2)).is_empty());

    let later = snapshot(Some(&snapshot(None, "timeout: 1s")), "timeout: 1s");
    assert!(waited_for(&later, later.loaded()).is_empty(), "a reload does not take readiness back");
    let never = snapshot(None, "startup_timeout: none");
    assert!(waited_for(&never, never.loaded()).is_empty());
}

#[test]
fn names_are_measured() {
    let none = snapshot(None, "timeout: 1s");
    let endpoint = Endpoint::resolved("10.0.0.1:80".parse().unwrap(), 1, Place::BuiltIn);
    let one = none.answered("a", &[endpoint]).unwrap();
    let text = |snapshot| {
        let mut text = Exposition::new(Format::negotiate(""));
        write(&mut text, snapshot);
        text.finish()
    };
    assert!(!text(&none).contains("towpath_dns_age_seconds{"), "no answer has no age");
    let name = one.name("a").unwrap();
    name.state().record(DnsVerdict::Resolved, SystemTime::now());
    name.state().record(DnsVerdict::ServerFailure, SystemTime::now());
    let text = text(&one);
    for line in [
        "towpath_dns_resolutions_total{cluster=\"a\",result=\"resolved\"} 1\n",
        "towpath_dns_resolutions_total{cluster=\"a\",result=\"server-failure\"} 1\n",
        "towpath_dns_resolutions_total{cluster=\"a\",result=\"timeout\"} 0\n",
        "towpath_dns_endpoints{cluster=\"a\"} 1\n",
        "towpath_dns_age_seconds{cluster=\"a\"} 0",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(!text.contains("cluster=\"b\""), "{text}");
}
