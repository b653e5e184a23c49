use proptest::prelude::*;
use towpath_config::{Source, compile};

use super::*;

fn rules(keys: &str) -> AdmissionControl {
    let table = format!(
        "listeners: {{web: {{address: 127.0.0.1:1}}}}\nroutes: {{r: {{to: a}}}}\n\
         clusters: {{a: {{endpoints: [127.0.0.1:2], admission: {{{keys}}}}}}}\n"
    );
    let compiled = compile(&Source::new("table.yaml", table), &|_| None).expect("a table");
    compiled.config().clusters()[0].resilience().admission().as_deref().expect("rules").clone()
}

#[test]
fn the_part_grows_with_what_fails() {
    let (plain, steep) = (rules(""), rules("aggression: 2"));
    for (rules, ended, succeeded, expected) in [
        (&plain, 0, 0, 0.0),
        (&plain, 19, 0, 0.0),
        (&plain, 1000, 1000, 0.0),
        (&plain, 1000, 950, 0.0),
        (&plain, 1000, 475, 500.0 / 1001.0),
        (&plain, 1000, 0, 0.8),
        (&steep, 1000, 475, (500.0_f64 / 1001.0).sqrt()),
        (&steep, 1000, 950, 0.0),
        (&rules("max: 30%"), 1000, 475, 0.3),
        (&rules("success_rate: 50%"), 1000, 500, 0.0),
        (&rules("volume: 5"), 5, 0, 0.8),
    ] {
        let part = turned_away(Counted { ended, succeeded }, rules);
        assert!((part - expected).abs() < 1e-9, "{succeeded} of {ended}: {part}, not {expected}");
    }
}

#[test]
fn what_is_older_than_the_window_is_forgotten() {
    let (begin, age) = (Instant::now(), Duration::from_secs(3));
    let mut window = Window::default();
    let counted = |ended| Counted { ended, succeeded: ended / 2 };
    let found: Vec<_> = (0..7)
        .map(|second| window.take(begin + Duration::from_secs(second), counted(10 * second), age).ended)
        .collect();
    assert_eq!(found, [0, 10, 20, 30, 30, 30, 30]);
}

proptest! {
    /// Never more than `max`, nothing while enough succeed, and never less because more fail.
    #[test]
    fn the_part_keeps_its_bounds(ended in 0_u64..100_000, ok in 0.0_f64..=1.0, max in 1_u32..=100, aggression in 1_u32..=10) {
        let rules = rules(&format!("max: {max}%, aggression: {aggression}"));
        let part = |ok: f64| turned_away(Counted { ended, succeeded: (ended as f64 * ok) as u64 }, &rules);
        let found = part(ok);
        prop_assert!((0.0..=f64::from(max) / 100.0 + 1e-9).contains(&found));
        prop_assert!(ok < 0.96 || found == 0.0);
        prop_assert!(part(ok / 2.0) >= found);
    }
}
