use super::*;

#[test]
fn threads_are_summed_and_rows_kept_apart() {
    let tally = Tally::new(2);
    tally.add(0, ClusterCounter::Reused, 5);
    tally.add(1, ClusterCounter::Reused, 7);
    tally.add_control(ClusterCounter::Evicted, 1);
    assert_eq!(tally.total(ClusterCounter::Reused), 12);
    assert_eq!(tally.total(ClusterCounter::Evicted), 1);
    assert_eq!(tally.total(ClusterCounter::Connections), 0);
}

#[test]
fn a_thread_costs_memory_only_once_it_counts() {
    let tally = Tally::new(3);
    tally.add(1, ListenerCounter::BytesSent, 1);
    let made: Vec<_> = tally.threads.iter().map(|counts| counts.get().is_some()).collect();
    assert_eq!(made, [false, true, false, false]);
    assert_eq!(align_of::<Counts>(), 128);
}

#[test]
fn a_worker_that_is_not_there_is_harmless() {
    let tally = Tally::new(1);
    tally.add(9, ListenerCounter::Refused, 1);
    assert_eq!(tally.total(ListenerCounter::Refused), 0);
}
