use std::collections::HashSet;

use super::*;
use crate::observe::tally::{ClusterCounter, ListenerCounter};

#[test]
fn shards_are_summed() {
    let stats = Stats::new(2);
    stats.shard(0).add(Counter::RequestsCancelled, 5);
    stats.shard(1).add(Counter::RequestsCancelled, 7);
    stats.control().add(Counter::Reloads, 1);
    assert_eq!(stats.total(Counter::RequestsCancelled), 12);
    assert_eq!(stats.total(Counter::Reloads), 1);
    assert_eq!(stats.total(Counter::Tunnels), 0);
}

#[test]
fn a_gauge_may_rise_on_one_thread_and_fall_on_another() {
    let stats = Stats::new(2);
    stats.control().add(Counter::TunnelsOpen, 2);
    stats.shard(1).sub(Counter::TunnelsOpen, 1);
    assert_eq!(stats.total(Counter::TunnelsOpen), 1);
}

#[test]
fn every_reason_has_a_counter_of_its_own() {
    let stats = Stats::new(1);
    for (position, reason) in Reason::ALL.iter().enumerate() {
        for _ in 0..=position {
            stats.shard(0).local_reply(*reason);
        }
    }
    let counts: Vec<_> = Reason::ALL.iter().map(|reason| stats.local_replies(*reason)).collect();
    assert_eq!(counts, (1..=Reason::ALL.len() as u64).collect::<Vec<_>>());
}

#[test]
fn a_worker_that_is_not_there_counts_with_the_control_thread() {
    let stats = Stats::new(1);
    stats.shard(9).add(Counter::WorkerPanics, 1);
    assert_eq!(stats.total(Counter::WorkerPanics), 1);
}

#[test]
fn names_are_unique_and_plain() {
    fn texts<R: Row>() -> Vec<(&'static str, &'static str)> {
        R::ALL.iter().map(|row| (row.name(), row.help())).collect()
    }
    let rows = [texts::<Counter>(), texts::<ClusterCounter>(), texts::<ListenerCounter>()].concat();
    let names: HashSet<_> = rows.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), rows.len());
    for (name, help) in rows {
        assert!(name.starts_with("towpath_") && !name.ends_with("_total"));
        assert!(help.ends_with('.'));
    }
}

#[test]
fn shards_share_no_cache_line() {
    assert_eq!(align_of::<Shard>(), 128);
}
