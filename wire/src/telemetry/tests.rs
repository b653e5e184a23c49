use std::time::Duration;

use proptest::prelude::*;
use prost::Message;

use super::*;

fn sketch_of(values: &[u64]) -> Sketch {
    let mut sketch = Sketch::default();
    values.iter().for_each(|value| sketch.record(*value));
    sketch
}

#[test]
fn buckets_adjoin_and_cover_everything() {
    assert_eq!(
        (bucket(0), bucket(15), bucket(16), bucket(31), bucket(32), bucket(33)),
        (0, 15, 16, 31, 32, 32)
    );
    assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    for position in 0..BUCKETS {
        assert_eq!(bucket(lowest(position)), position);
        assert_eq!(bucket(highest(position)), position);
        assert_eq!(highest(position) + 1, lowest(position + 1));
    }
}

proptest! {
    #[test]
    fn a_bucket_is_off_by_a_sixteenth_at_most(micros in 0..=u64::from(u32::MAX)) {
        let position = bucket(micros);
        prop_assert!(lowest(position) <= micros && micros <= highest(position));
        prop_assert!((highest(position) - lowest(position)) * 16 <= micros);
    }

    #[test]
    fn merging_is_counting_together_in_any_order(
        left in prop::collection::vec(0..5_000_000_u64, 0..50),
        right in prop::collection::vec(0..5_000_000_u64, 0..50),
    ) {
        let (mut one, mut other) = (sketch_of(&left), sketch_of(&right));
        one.merge(&sketch_of(&right));
        other.merge(&sketch_of(&left));
        prop_assert_eq!(&one, &sketch_of(&[left.clone(), right.clone()].concat()));
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(one.count() as usize, left.len() + right.len());
        prop_assert_eq!(Sketch::decode(&*one.encode_to_vec()), Ok(one));
    }

    #[test]
    fn quantiles_agree_with_a_sorted_list(mut values in prop::collection::vec(0..10_000_000_u64, 1..200), percent in 1..=100_usize) {
        let sketch = sketch_of(&values);
        values.sort_unstable();
        let share = percent as f64 / 100.0;
        let exact = values[(values.len() as f64 * share).ceil() as usize - 1];
        prop_assert_eq!(sketch.quantile(share), Some(Duration::from_micros(highest(bucket(exact)))));
        prop_assert_eq!(sketch.sum(), Duration::from_micros(values.iter().sum()));
    }
}

#[test]
fn what_a_peer_wrote_counts_only_where_there_is_a_bucket() {
    assert_eq!(Sketch::default().quantile(0.5), None);
    let sketch = Sketch::new([(3, 2), (BUCKETS, 7), (5, 0)], 6);
    assert_eq!(sketch.iter().collect::<Vec<_>>(), [(3, 2)]);
    // field 1, packed: bucket 60,000; field 2, packed: its count
    let hostile = Sketch::decode(&[0x0a, 3, 0xe0, 0xd4, 3, 0x12, 1, 9][..]).unwrap();
    assert_eq!((hostile.count(), hostile.quantile(0.5)), (0, None));
    let uneven = Sketch::decode(&[0x0a, 2, 1, 2, 0x12, 1, 9][..]).unwrap();
    assert_eq!(uneven.iter().collect::<Vec<_>>(), [(1, 9)]);
}

#[test]
fn a_report_of_a_quiet_second_is_small() {
    let telemetry = Telemetry {
        id: "p7".to_owned(),
        namespace: "shop".to_owned(),
        sequence: 4,
        interval_millis: 1000,
        series: vec![Series {
            route: "checkout".to_owned(),
            cluster: "checkout".to_owned(),
            codes: vec![0, 12, 0, 0, 1, 0],
            latency: Some(sketch_of(&[900, 950, 1200])),
            ..Series::default()
        }],
        ..Telemetry::default()
    };
    let encoded = telemetry.encode_to_vec();
    assert!(encoded.len() < 100, "{}", encoded.len());
    assert_eq!(Telemetry::decode(&*encoded), Ok(telemetry));
}
