use proptest::prelude::*;
use towpath_config::{Source, compile};

use super::*;
use Sign::{Bad, Final, Good};

/// The check that is written so.
fn check(keys: &str) -> HealthCheck {
    let table = format!(
        "listeners: {{web: {{address: 127.0.0.1:1}}}}\nroutes: {{r: {{to: a}}}}\n\
         clusters: {{a: {{endpoints: [127.0.0.1:2], health: {{http: /, {keys}}}}}}}\n"
    );
    let compiled = compile(&Source::new("table.yaml", table), &|_| None).expect("a table");
    let clusters = compiled.config().clusters();
    clusters[0].resilience().health().as_deref().expect("a check").clone()
}

/// How it stands after each of these signs, a second apart.
fn course(from: Health, check: &HealthCheck, signs: &[Sign]) -> Vec<Health> {
    let mut course = Course::new(from);
    let ages = (1..).map(Duration::from_secs);
    signs.iter().zip(ages).map(|(sign, age)| course.after(*sign, check, age)).collect()
}

#[test]
fn it_takes_so_many_signs_to_change() {
    use Health::{Healthy as H, Pending as P, Unchecked, Unhealthy as U};
    let plain = check("unhealthy: 3, healthy: 2");
    let grace = check("unhealthy: 2, healthy: 2, start_up: 3500ms");
    for (check, from, signs, expected) in [
        (&plain, Unchecked, vec![Good], vec![H]),
        (&plain, Unchecked, vec![Bad, Good], vec![P, H]),
        (&plain, Unchecked, vec![Bad, Bad, Bad, Good, Good], vec![P, P, U, U, H]),
        (&plain, H, vec![Bad, Bad, Good, Bad, Bad, Bad], vec![H, H, H, H, H, U]),
        (&plain, U, vec![Good, Bad, Good, Good], vec![U, U, U, H]),
        (&plain, H, vec![Final, Good, Good], vec![U, U, H]),
        (&plain, H, vec![Bad, Sign::None, Bad, Sign::None, Bad], vec![H, H, H, H, U]),
        // it starts: what it fails until 3.5 s does not count, what it passes does
        (&grace, Unchecked, vec![Bad, Bad, Final, Bad, Bad], vec![P, P, P, P, U]),
        (&grace, Unchecked, vec![Bad, Good, Bad, Bad], vec![P, H, H, U]),
    ] {
        assert_eq!(course(from, check, &signs), expected, "{from:?} {signs:?}");
    }
}

#[test]
fn checks_are_spread() {
    let plain = check("interval: 10s, timeout: 1s");
    let idle = check("interval: 10s, timeout: 1s, jitter: none, no_traffic_interval: 1m");
    let seconds = Duration::from_secs;
    assert_eq!((first(&plain, 0.0), first(&plain, 0.5)), (seconds(0), Duration::from_millis(500)));
    assert_eq!(first(&check("interval: 100ms, timeout: 50ms"), 1.0), Duration::from_millis(100));
    assert_eq!((pause(&plain, true, 0.0), pause(&plain, false, 1.0)), (seconds(10), seconds(11)));
    assert_eq!((pause(&idle, false, 1.0), pause(&idle, true, 1.0)), (seconds(10), seconds(60)));
}

fn sign() -> impl Strategy<Value = Sign> {
    prop_oneof![Just(Good), Just(Bad), Just(Sign::None)]
}

proptest! {
    /// Whatever comes: nobody turns without the signs in a row that it takes.
    #[test]
    fn nobody_turns_without_a_row_of_signs(signs in prop::collection::vec(sign(), 0..60), unhealthy in 1_u32..6, healthy in 1_u32..6) {
        let check = check(&format!("unhealthy: {unhealthy}, healthy: {healthy}"));
        let states = course(Health::Unchecked, &check, &signs);
        for (position, pair) in states.windows(2).enumerate().filter(|(_, pair)| pair[0] != pair[1]) {
            let said: Vec<_> = signs[..=position + 1].iter().filter(|sign| **sign != Sign::None).collect();
            let row = |wanted| said.iter().rev().take_while(|sign| ***sign == wanted).count() as u32;
            match (pair[0], pair[1]) {
                (Health::Pending, Health::Healthy) => prop_assert!(row(Good) >= 1),
                (Health::Unhealthy, Health::Healthy) => prop_assert_eq!(row(Good), healthy),
                (_, Health::Unhealthy) => prop_assert_eq!(row(Bad), unhealthy),
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
