use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn quantiles_agree_with_a_sorted_list(mut values in prop::collection::vec(0..10_000_000_u64, 1..200), percent in 1..=100_usize) {
        let latency = latency_of(&values);
        values.sort_unstable();
        let share = percent as f64 / 100.0;
        let rank = (values.len() as f64 * share).ceil() as usize;
        let exact = values[rank - 1];
        let found = latency.quantile(share).unwrap();
        prop_assert_eq!(found, Duration::from_micros(highest(bucket(exact))));
    }

    #[test]
    fn merging_is_counting_together(left in prop::collection::vec(0..5_000_000_u64, 0..50), right in prop::collection::vec(0..5_000_000_u64, 0..50)) {
        let mut merged = latency_of(&left);
        let other = latency_of(&right);
        merged.merge(other.counts.iter().copied(), other.sum_micros);
        prop_assert_eq!(merged, latency_of(&[left, right].concat()));
    }
}

fn latency_of(values: &[u64]) -> Latency {
    let mut counts = vec![0; BUCKETS];
    for value in values {
        counts[bucket(*value)] += 1;
    }
    let mut latency = Latency::default();
    latency.merge(counts, values.iter().sum());
    latency
}

#[test]
fn nothing_counted_has_no_quantile() {
    assert_eq!(Latency::default().quantile(0.5), None);
}

#[test]
fn cumulative_counts_grow_with_the_bounds() {
    let latency = latency_of(&[100, 400, 900, 20_000, 3_000_000]);
    assert_eq!(latency.cumulative(), [2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5]);
    assert_eq!(latency.count(), 5);
    assert_eq!(latency.sum(), Duration::from_micros(3_021_400));
}

#[test]
fn a_value_is_shown_at_the_first_bound_that_it_does_not_exceed() {
    let table = [(0, 0), (500, 0), (501, 1), (1_000, 1), (60_000_000, 15), (60_000_001, 16), (u64::MAX, 16)];
    for (micros, position) in table {
        assert_eq!(shown(micros), position, "{micros}");
    }
    let mut coarse = Coarse::default();
    for micros in [100, 400, 900, 20_000, 3_000_000, 90_000_000] {
        coarse.counts[shown(micros)] += 1;
    }
    assert_eq!(coarse.cumulative(), [2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5]);
    assert_eq!(coarse.count(), 6);
}
