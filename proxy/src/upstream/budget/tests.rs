use std::time::Duration;

use towpath_config::model::RetryBudget;
use towpath_config::{Source, compile};

use super::Budget;

fn rules(budget: &str) -> RetryBudget {
    let table = format!(
        "{{listeners: {{web: {{address: \"127.0.0.1:80\"}}}}, routes: {{all: {{to: a}}}}, \
         clusters: {{a: {{endpoints: [\"127.0.0.1:1\"], retry_budget: {budget}}}}}}}"
    );
    let compiled = compile(&Source::new("test.yaml", table), &|_| None).expect("a table");
    let cluster = compiled.config().clusters().first().expect("a cluster").clone();
    (**cluster.resilience().retry_budget()).clone().expect("a budget")
}

fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Withdraws until nothing is left.
fn drain(budget: &Budget, rules: &RetryBudget, now: Duration) -> u64 {
    std::iter::repeat_with(|| budget.withdraw(rules, now)).take_while(|allowed| *allowed).count() as u64
}

#[test]
fn a_part_of_the_requests_of_the_window_may_be_sent_again() {
    let rules = rules("{ratio: 20%, floor: none, window: 10s}");
    let budget = Budget::new(2);
    assert!(!budget.withdraw(&rules, at(0)), "nothing for nothing");
    for number in 0..1000 {
        budget.deposit(&rules, number % 2, at(number as u64 * 5));
    }
    assert_eq!(budget.left(&rules, at(5_000)), 200);
    assert_eq!(drain(&budget, &rules, at(5_000)), 200);
    assert_eq!(budget.left(&rules, at(5_000)), 0);
    // the requests are forgotten before the retries that they paid for are, and both in the end
    assert_eq!(drain(&budget, &rules, at(12_000)), 0);
    assert_eq!(drain(&budget, &rules, at(60_000)), 0);
    budget.deposit(&rules, 0, at(60_000));
    assert_eq!(budget.left(&rules, at(60_000)), 0, "a fifth of one is none");
}

#[test]
fn a_few_may_be_sent_again_in_any_case() {
    let rules = rules("{ratio: 20%, floor: 10/s, window: 10s}");
    let budget = Budget::new(1);
    let sent: Vec<u64> = (0..5).map(|second| drain(&budget, &rules, at(second * 1000 + 300))).collect();
    assert_eq!(sent, [10; 5], "so many each second, and no burst");
    let seldom = self::rules("{ratio: 1%, floor: 30/min, window: 10s}");
    let budget = Budget::new(1);
    let sent: u64 = (0..60).map(|second| drain(&budget, &seldom, at(second * 1000))).sum();
    assert_eq!(sent, 30, "one every two seconds");
}

#[test]
fn a_budget_is_never_exceeded() {
    let rules = rules("{ratio: 20%, floor: 10/s, window: 10s}");
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..20 {
        let budget = Budget::new(3);
        let rate = rng.u64(1..200);
        let (mut requests, mut retries, mut now) = (0_u64, Vec::new(), 0);
        let mut asked = Vec::new();
        while now < 60_000 {
            now += rng.u64(0..=2000 / rate);
            budget.deposit(&rules, rng.usize(0..3), at(now));
            requests += 1;
            asked.push(now);
            // everything fails, and fails again
            for _ in 0..2 {
                if budget.withdraw(&rules, at(now)) {
                    retries.push(now);
                }
            }
        }
        let within = |list: &[u64], from: u64| {
            list.iter().filter(|moment| (from..from + 10_000).contains(*moment)).count() as u64
        };
        for from in (0..50_000_u64).step_by(1000) {
            // whatever the window, at most a fifth of the requests of it and of the part before it, or the floor
            let before = from.saturating_sub(9_000);
            let of = asked.iter().filter(|moment| (before..from + 10_000).contains(*moment)).count() as u64;
            let allowed = of / 5 + 1 + 10 * 10;
            assert!(within(&retries, from) <= allowed, "{rate}/ms: {} of {requests}", within(&retries, from));
        }
        assert!(!retries.is_empty());
    }
}

#[test]
fn an_outage_multiplies_what_fails_by_a_quarter_at_most() {
    let rules = rules("{ratio: 20%, floor: 10/s, window: 10s}");
    // from the first request on, and after a while in which all was well; each second has a thousand requests
    for well in [0_u64, 60] {
        let budget = Budget::new(1);
        let mut retries = 0_u64;
        for millisecond in 0..(well + 10) * 1000 {
            budget.deposit(&rules, 0, at(millisecond));
            if millisecond >= well * 1000 {
                retries += u64::from(budget.withdraw(&rules, at(millisecond)));
                retries += u64::from(budget.withdraw(&rules, at(millisecond)));
            }
        }
        assert!(retries <= 2_500, "{retries} retries of 10000 requests");
    }
}

#[test]
fn workers_that_withdraw_at_once_get_no_more_together() {
    let rules = rules("{ratio: 50%, floor: none, window: 10s}");
    let budget = Budget::new(1);
    (0..2000).for_each(|_| budget.deposit(&rules, 0, at(1)));
    let got: u64 = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(|| drain(&budget, &rules, at(2)))).collect();
        workers.into_iter().map(|worker| worker.join().expect("no panic")).sum()
    });
    // who is refused while another one gives back may have been refused too early, but never too late
    assert!(got <= 1000, "{got}");
    assert_eq!(got + drain(&budget, &rules, at(2)), 1000);
}
