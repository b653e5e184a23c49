use towpath_config::{Source, compile};

use super::*;

fn dns(keys: &str) -> Dns {
    let table = format!("clusters: {{a: {{dns: {{name: a.test, port: 80{keys}}}}}}}\n");
    let compiled = compile(&Source::new("test.yaml", table), &|_| None);
    let config = compiled.unwrap_or_else(|faults| panic!("{faults}")).into_config();
    (***config.clusters()[0].dns().as_ref().unwrap()).clone()
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

#[test]
fn an_answer_is_held_for_its_ttl_within_bounds() {
    let dns = dns(", ttl_min: 2s, ttl_max: 1m");
    // TTL, share of chance, pause
    let rows =
        [(30.0, 0.0, 30.0), (30.0, 1.0, 33.0), (30.0, 0.5, 31.5), (0.0, 0.0, 2.0), (86_400.0, 0.0, 60.0)];
    for (ttl, share, pause) in rows {
        let next = Schedule::default().after(DnsVerdict::Resolved, seconds(ttl), &dns, share);
        assert_eq!(next, Next { pause: seconds(pause), keep: true }, "{ttl} {share}");
    }
}

#[test]
fn pauses_double_up_to_a_bound_and_begin_anew_after_an_answer() {
    let dns = dns("");
    let mut schedule = Schedule::default();
    let mut pause = |verdict, share| schedule.after(verdict, Duration::ZERO, &dns, share).pause.as_secs_f64();
    let most: Vec<f64> = (0..9).map(|_| pause(DnsVerdict::Timeout, 1.0)).collect();
    assert_eq!(most, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]);
    assert_eq!(pause(DnsVerdict::Unreachable, 0.0), 15.0, "half of it is chance");
    for _ in 0..1000 {
        assert_eq!(pause(DnsVerdict::ServerFailure, 1.0), 30.0);
    }
    pause(DnsVerdict::Resolved, 0.0);
    assert_eq!(pause(DnsVerdict::Timeout, 1.0), 0.5);
}

#[test]
fn only_repeated_denials_let_endpoints_go() {
    use DnsVerdict::{NoAddress, NoName, Resolved, ServerFailure, Timeout, Unreachable};
    let rows: &[(&[DnsVerdict], bool)] = &[
        (&[NoName], true),
        (&[NoName, NoName], false),
        (&[NoAddress, NoName], false),
        (&[NoName, Timeout, NoName], true),
        (&[NoName, Resolved, NoName], true),
        (&[NoName, NoName, Timeout], true),
        (&[Timeout, ServerFailure, Unreachable, Timeout, Timeout], true),
    ];
    for (verdicts, keep) in rows {
        let mut schedule = Schedule::default();
        let last =
            verdicts.iter().map(|verdict| schedule.after(*verdict, Duration::ZERO, &dns(""), 0.0)).last();
        assert_eq!(last.map(|next| next.keep), Some(*keep), "{verdicts:?}");
    }
}
