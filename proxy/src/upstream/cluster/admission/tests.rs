use super::*;

#[test]
fn the_least_important_are_turned_away_first() {
    let admission = Admission::new(1);
    let mut rng = fastrand::Rng::with_seed(3);
    let mut part = |importance| (0..10_000).filter(|_| admission.turns_away(importance, &mut rng)).count();
    assert_eq!(Importance::ALL.map(&mut part), [0; 3]);
    admission.set(0.4);
    for (importance, expected) in Importance::ALL.into_iter().zip([6400_usize, 4000, 1600]) {
        let found = part(importance);
        assert!(found.abs_diff(expected) < 200, "{importance:?}: {found}");
    }
    admission.set(1.0);
    assert_eq!(Importance::ALL.map(part), [10_000; 3]);
}
