use super::*;

#[test]
fn the_bound_is_wide_enough_for_chance_and_no_wider() {
    let bound = Bound::new(10_000, 0.9);
    assert!(bound.holds(9_000) && bound.holds(8_870) && bound.holds(9_130));
    assert!(!bound.holds(8_860) && !bound.holds(9_140));
}

#[test]
fn a_share_of_nothing_or_all_leaves_no_room() {
    assert!(Bound::new(500, 0.0).holds(0) && !Bound::new(500, 0.0).holds(1));
    assert!(Bound::new(500, 1.0).holds(500) && !Bound::new(500, 1.0).holds(499));
    assert!(Bound::new(0, 0.5).holds(0));
}

#[test]
fn only_whole_seconds_are_recent_and_only_the_last_ones() {
    let mut tally = Tally::default();
    for second in 0..8 {
        tally.add(0, Some(second % 2), Duration::from_millis(second as u64));
        tally.tick();
    }
    let (recent, seconds) = tally.recent();
    assert_eq!((seconds, recent.answers()), (5, 5));
    assert_eq!(tally.whole.answers(), 8);
    let slowest = recent.versions[1].latency().quantile(1.0).unwrap();
    assert!(slowest >= Duration::from_millis(7) && slowest < Duration::from_millis(8), "{slowest:?}");
}

#[test]
fn requests_under_way_when_the_weights_change_are_left_out() {
    let mut tally = Tally::default();
    let before = tally.epoch();
    tally.add(before, Some(0), Duration::ZERO);
    tally.restart();
    tally.add(before, Some(1), Duration::ZERO);
    assert_eq!(tally.whole.answers(), 0);
    tally.add(tally.epoch(), None, Duration::ZERO);
    assert_eq!((tally.whole.answers(), tally.whole.errors), (0, 1));
}
