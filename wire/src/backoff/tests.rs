use super::*;

#[test]
fn waits_double_up_to_the_longest_and_are_drawn_from_nothing_to_all_of_it() {
    let rows =
        [(0, 500), (1, 500), (2, 1_000), (3, 2_000), (4, 4_000), (5, 5_000), (8, 5_000), (u32::MAX, 5_000)];
    for (failures, millis) in rows {
        assert_eq!(backoff(failures, 1.0), Duration::from_millis(millis), "{failures}");
        assert_eq!(backoff(failures, 0.5), Duration::from_millis(millis / 2), "{failures}");
        assert_eq!(backoff(failures, 0.0), Duration::ZERO, "{failures}");
    }
    assert_eq!(backoff(1, 7.0), BASE);
}
