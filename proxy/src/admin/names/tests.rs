use towpath_config::model::{Endpoint, Place};
use towpath_config::{Source, compile};

use super::*;
use crate::observe::expose::Format;
use crate::observe::series::SeriesBook;

fn snapshot() -> Snapshot {
    let table = "clusters: {a: {dns: {name: a.test, port: 80}}, b: {endpoints: []}}\n".to_owned();
    let compiled = compile(&Source::new("test.yaml", table), &|_| None);
    let config = compiled.unwrap_or_else(|faults| panic!("{faults}")).into_config();
    Snapshot::next(None, config, &SeriesBook::new(1))
}

#[test]
fn names_are_measured() {
    let none = snapshot();
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
