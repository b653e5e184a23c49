use std::panic::panic_any;

use super::*;
use crate::observe::stats::Stats;

#[test]
fn a_worker_that_a_bug_ends_begins_anew() {
    let stats = Stats::new(1);
    let mut pauses = Vec::new();
    supervise(0, stats.shard(0), |pause| {
        pauses.push(pause);
        if pauses.len() < 3 {
            panic_any("a bug");
        }
    });
    assert_eq!(pauses, [Duration::ZERO, RESTART_PAUSE, RESTART_PAUSE]);
    assert_eq!(stats.total(Counter::WorkerRestarts), 2);
}

#[test]
fn what_waits_for_a_worker_survives_its_end() {
    let stats = Stats::new(1);
    let (door, mut arrivals) = mpsc::channel(4);
    for arrival in ["taken", "waiting"] {
        door.try_send(arrival).unwrap();
    }
    drop(door);
    let mut taken = Vec::new();
    supervise(0, stats.shard(0), |_| {
        while let Some(arrival) = arrivals.blocking_recv() {
            taken.push(arrival);
            if arrival == "taken" {
                panic_any("a bug");
            }
        }
    });
    assert_eq!(taken, ["taken", "waiting"]);
}
