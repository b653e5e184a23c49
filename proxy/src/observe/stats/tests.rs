use std::collections::HashSet;

use super::*;

#[test]
fn shards_are_summed() {
    let stats = Stats::new(2);
    stats.shard(0).add(Counter::BytesSent, 5);
    stats.shard(1).add(Counter::BytesSent, 7);
    stats.control().add(Counter::Reloads, 1);
    assert_eq!(stats.total(Counter::BytesSent), 12);
    assert_eq!(stats.total(Counter::Reloads), 1);
    assert_eq!(stats.total(Counter::Tunnels), 0);
}

#[test]
fn a_gauge_may_rise_on_one_thread_and_fall_on_another() {
    let stats = Stats::new(2);
    stats.control().add(Counter::DownstreamOpen, 2);
    stats.shard(1).sub(Counter::DownstreamOpen, 1);
    assert_eq!(stats.total(Counter::DownstreamOpen), 1);
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
    let names: HashSet<_> = Counter::ALL.iter().map(|counter| counter.name()).collect();
    assert_eq!(names.len(), Counter::ALL.len());
    for counter in Counter::ALL {
        assert!(counter.name().starts_with("towpath_") && !counter.name().ends_with("_total"));
        assert!(counter.help().ends_with('.'));
    }
}

#[test]
fn shards_share_no_cache_line() {
    assert_eq!(align_of::<Shard>(), 128);
}
