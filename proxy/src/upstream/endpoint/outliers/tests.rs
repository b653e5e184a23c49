use proptest::prelude::*;

use super::super::breaker::By;
use super::super::fixture::resilience;
use super::super::outcome::Outcome;
use super::*;

proptest! {
    #[test]
    fn never_more_are_ejected_than_may_be_and_one_always_stays(
        endpoints in 1_usize..12,
        max in 1_u32..=100,
        steps in proptest::collection::vec((0_usize..12, 0_u64..20_000), 1..200),
    ) {
        let keys = format!("ejection: {{consecutive_5xx: 1, base: 10s, max: {max}%}}");
        let rules = resilience(&keys);
        let ejection = rules.ejection().as_deref().expect("it is on");
        let (outliers, all) = (Outliers::default(), (0..endpoints).map(|_| Standing::default()).collect::<Vec<_>>());
        let mut now = Moment(0);
        for (position, wait) in steps {
            now = Moment(now.0 + wait);
            let suspect = &all[position % endpoints];
            if let Some(cause) = suspect.saw(&rules, Outcome::Error, By::Any, now).cause {
                prop_assert_eq!(cause, Cause::Errors);
                outliers.eject(suspect, all.iter(), ejection, now);
            }
            let ejected = all.iter().filter(|standing| standing.ejected(now).is_some()).count();
            prop_assert!(ejected <= (endpoints * max as usize / 100).max(1) && ejected < endpoints.max(1) + usize::from(endpoints == 0));
            for standing in &all {
                prop_assert_eq!(standing.chance(&rules, now).is_available(), standing.ejected(now).is_none());
            }
        }
    }
}

#[test]
fn shares_are_judged_once_in_an_interval() {
    let rules = resilience(
        "ejection: {consecutive_5xx: none, failure_percentage: {volume: 4, endpoints: 2}, interval: 10s}",
    );
    let ejection = rules.ejection().as_deref().expect("it is on");
    let (outliers, all) = (Outliers::default(), [Standing::default(), Standing::default()]);
    let ask = |seconds: u64| outliers.judge(all.iter(), ejection, Moment(seconds * 1000));
    let happen = |position: usize, outcome| {
        (0..4).for_each(|_| _ = all[position].saw(&rules, outcome, By::Any, Moment(0)));
    };
    happen(0, Outcome::Success);
    happen(1, Outcome::Error);
    assert_eq!(ask(9), []);
    assert_eq!(ask(10), [(1, Cause::FailurePercentage)]);
    assert_eq!(ask(20), [], "what was judged is forgotten");
    happen(0, Outcome::Success);
    happen(1, Outcome::Error);
    assert_eq!(ask(29), []);
    assert_eq!(ask(30), [(1, Cause::FailurePercentage)]);
}

#[test]
fn one_decides_at_a_time() {
    let rules = resilience("ejection: {}");
    let ejection = rules.ejection().as_deref().expect("it is on");
    let (outliers, all) = (Outliers::default(), [Standing::default(), Standing::default()]);
    let inner = || outliers.eject(&all[1], all.iter(), ejection, Moment(5));
    assert_eq!(outliers.alone(inner), Some(None), "somebody decides just now");
    assert!(matches!(inner(), Some(Decision::Ejected(_))));
    assert_eq!(inner(), None, "it is already");
    assert_eq!(outliers.eject(&all[0], all.iter(), ejection, Moment(5)), Some(Decision::Kept));
}
