use towpath_wire::telemetry::Series;

use super::*;
use crate::telemetry::tally::Tally;

fn requests(count: u64) -> Tally {
    Tally::of(Series { codes: vec![0, count], ..Series::default() })
}

#[test]
fn each_window_is_told_by_the_finest_pieces_that_hold_it() {
    for (window, ring) in [(1, 0), (120, 0), (121, 1), (900, 1), (901, 2), (86_400, 2), (1_000_000, 2)] {
        assert_eq!(ring_for(window), ring, "{window}");
    }
}

#[test]
fn what_is_older_than_the_window_is_not_in_it() {
    let mut recent = Recent::default();
    (0..1000).for_each(|second| recent.add(second, &requests(1)));
    for (window, count) in [(1, 1), (10, 10), (120, 120), (900, 900), (86_400, 1000)] {
        assert_eq!(recent.sum(999, window).requests(), count, "{window}");
    }
    assert_eq!(recent.sum(1004, 10).requests(), 5);
    assert_eq!(recent.sum(2000, 120).requests(), 0, "old pieces are not taken for new ones");
}

#[test]
fn a_series_takes_no_more_room_the_longer_it_lives() {
    let mut recent = Recent::default();
    (0..200_000).step_by(7).for_each(|second| recent.add(second, &requests(1)));
    let kept: Vec<_> = recent.rings.iter().map(|ring| ring.0.len()).collect();
    assert_eq!(kept, RINGS.map(|(_, pieces)| pieces));
}
