use proptest::prelude::*;

use super::*;

const WINDOW: Duration = Duration::from_secs(10);

#[test]
fn what_is_older_than_the_window_is_forgotten() {
    let rolling = Rolling::default();
    assert_eq!(rolling.counts(Moment(0), WINDOW), Counts::default());
    rolling.add(true, Moment(0), WINDOW);
    rolling.add(false, Moment(999), WINDOW);
    rolling.add(false, Moment(5000), WINDOW);
    for (now, all, failed) in [(5000, 3, 1), (9999, 3, 1), (10_000, 1, 0), (14_999, 1, 0), (15_000, 0, 0)] {
        assert_eq!(rolling.counts(Moment(now), WINDOW), Counts { all, failed }, "{now}");
    }
    rolling.add(true, Moment(20_000), WINDOW);
    assert_eq!(rolling.counts(Moment(20_000), WINDOW), Counts { all: 1, failed: 1 });
    rolling.clear();
    assert_eq!(rolling.counts(Moment(20_000), WINDOW), Counts::default());
}

#[test]
fn a_window_of_a_millisecond_is_one_too() {
    let (rolling, window) = (Rolling::default(), Duration::from_millis(1));
    (0..3).for_each(|_| rolling.add(true, Moment(7), window));
    assert_eq!(rolling.counts(Moment(7), window), Counts { all: 3, failed: 3 });
}

proptest! {
    #[test]
    fn it_counts_what_came_within_the_window_give_or_take_a_tenth(
        steps in proptest::collection::vec((0_u64..3000, any::<bool>()), 1..100),
    ) {
        let rolling = Rolling::default();
        let (mut now, mut known) = (0, Vec::new());
        for (step, has_failed) in steps {
            now += step;
            rolling.add(has_failed, Moment(now), WINDOW);
            known.push((now, has_failed));
            let within = |span: u64| known.iter().filter(move |(at, _)| now - at < span);
            let Counts { all, failed } = rolling.counts(Moment(now), WINDOW);
            prop_assert!((within(9000).count()..=within(10_000).count()).contains(&(all as usize)));
            prop_assert_eq!(failed > all, false);
        }
    }
}
