use towpath_config::model::{Action, Config};
use towpath_config::{Source, compile};

use super::*;

fn config(policy: &str) -> Config {
    let text = format!(
        "listeners: {{web: {{address: 127.0.0.1:1}}}}\n\
         routes: {{all: {{to: app{policy}}}}}\n\
         clusters: {{app: {{endpoints: [127.0.0.1:2]}}}}\n"
    );
    compile(&Source::new("table.yaml", text), &|_| None).unwrap().into_config()
}

fn policy(config: &Config) -> &Policy {
    match config.routes()[0].action() {
        Action::Forward(forward) => forward.split().destinations()[0].policy(),
        other => panic!("{other:?}"),
    }
}

fn fields(values: &[&str]) -> Fields {
    let mut fields = Fields::default();
    for value in values {
        fields.add(b"Grpc-Timeout", |text| text.extend_from_slice(value.as_bytes()));
    }
    fields
}

/// Policy, whether it is gRPC, what is said; the limit, what the endpoint is told.
type Row<'a> = (&'a str, bool, &'a [&'a str], Option<Duration>, &'a [&'a str]);

#[test]
fn the_shorter_limit_holds_and_the_endpoint_hears_of_it() {
    let seconds = |count| Some(Duration::from_secs(count));
    let rows: [Row<'_>; 11] = [
        ("", true, &[], None, &[]),
        (", timeout: 5s", true, &[], seconds(5), &["5000000u"]),
        (", timeout: 5s", true, &["2S"], seconds(2), &["2000000u"]),
        (", timeout: 5s", true, &["1H"], seconds(5), &["5000000u"]),
        ("", true, &["2S"], seconds(2), &["2000000u"]),
        ("", true, &["2s"], None, &[]),
        (", timeout: 5s", true, &["2 S"], seconds(5), &["5000000u"]),
        ("", true, &["1S", "2S"], None, &[]),
        ("", true, &["0S"], seconds(0), &["1n"]),
        (", timeout: 5s, grpc_timeout: ignore", true, &["2S"], seconds(5), &["2S"]),
        (", timeout: 5s", false, &["2S"], seconds(5), &["2S"]),
    ];
    for (written, is_grpc, said, limit, told) in rows {
        let (config, fields, mut out) = (config(written), fields(said), Outgoing::default());
        let policy = policy(&config);
        let clock = Clock::of(is_grpc, policy);
        assert_eq!(clock.limit(&fields, policy), limit, "{written} {said:?}");
        clock.tell(&fields, limit.map(|_| Duration::from_secs(77)), &mut out);
        clock.tell(&fields, limit, &mut out);
        let sent: Vec<_> = out.fields(&fields).map(|field| String::from_utf8_lossy(field.value)).collect();
        assert_eq!(sent, told, "{written} {said:?}");
    }
}
