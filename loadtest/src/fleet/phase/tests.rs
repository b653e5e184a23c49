#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use super::*;

#[test]
fn spreads_are_nearest_ranks() {
    let to = |count: u32| (1..=count).rev().map(f64::from).collect::<Vec<_>>();
    assert_eq!(Spread::of(Vec::new()), None);
    assert_eq!(Spread::of(to(1)), Some(Spread { p50: 1.0, p99: 1.0, max: 1.0 }));
    assert_eq!(Spread::of(to(100)), Some(Spread { p50: 50.0, p99: 99.0, max: 100.0 }));
    assert_eq!(Spread::of(to(1000)), Some(Spread { p50: 500.0, p99: 990.0, max: 1000.0 }));
}

#[test]
fn a_phase_counts_each_proxy_once_and_keeps_its_last_time() {
    let begun = Instant::now();
    let after = |millis| begun + Duration::from_millis(millis);
    let mut phase = Phase::begin(2, begun);
    assert!(!phase.is_quiet(Duration::ZERO, after(9)), "nothing came yet");
    let heard = Heard { resources: 3, removed: 1, bytes: 70, answers: Vec::new() };
    phase.heard(&heard, after(10));
    phase.done(0, after(11));
    phase.heard(&heard, after(20));
    phase.done(0, after(21));
    assert!(!phase.is_over(Duration::ZERO, after(30)));
    phase.done(1, after(40));
    phase.done(7, after(40));
    assert!(phase.is_over(Duration::ZERO, after(40)));
    assert!(
        !phase.is_quiet(Duration::from_millis(50), after(60))
            && phase.is_quiet(Duration::from_millis(50), after(70))
    );
    let figures = phase.figures();
    assert_eq!((figures.proxies, figures.of, figures.first_response_ms), (2, 2, Some(10.0)));
    assert_eq!(figures.time_ms, Some(Spread { p50: 21.0, p99: 40.0, max: 40.0 }));
    assert_eq!(figures.since_first_response_ms.unwrap().max, 30.0);
    let Took { responses, resources, removed, bytes } = figures.took;
    assert_eq!((responses, resources, removed, bytes), (2, 6, 2, 140));
}
