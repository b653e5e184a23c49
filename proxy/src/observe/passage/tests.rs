use super::*;
use std::collections::BTreeSet;

#[test]
fn every_fate_has_a_place_and_a_word_of_its_own() {
    let fates: Vec<_> = Fate::all().collect();
    assert_eq!(fates.len(), FATES);
    for (position, fate) in fates.iter().enumerate() {
        assert_eq!(fate.position(), position, "{fate:?}");
        assert!(fates.iter().filter(|other| other.code() == fate.code()).count() == 1, "{}", fate.code());
    }
}

#[test]
fn what_one_worker_counts_another_adds_to() {
    let (one, other) = (PassageCell::default(), PassageCell::default());
    let mut totals = PassageTotals::default();
    assert!(totals.is_empty());
    one.begin();
    one.begin();
    one.pass(10, 7);
    one.end(Fate::Closed, Duration::from_millis(3));
    other.begin();
    other.pass(1, 2);
    other.end(Fate::Failed(Reason::ConnectFailure), Duration::from_secs(90));
    totals.merge(&one);
    totals.merge(&other);
    assert_eq!((totals.open, totals.received, totals.sent), (1, 11, 9));
    let ended = Fate::all().map(|fate| (fate.code(), totals.ended(fate))).filter(|(_, count)| *count > 0);
    assert_eq!(ended.collect::<Vec<_>>(), [("closed", 1), ("connect-failure", 1)]);
    assert_eq!((totals.durations.count(), totals.durations.sum_micros), (2, 90_003_000));
    assert_eq!(totals.durations.cumulative().last(), Some(&1), "the longest has a bucket of its own");
}

#[test]
fn a_table_can_name_every_reason() {
    let codes: BTreeSet<_> = Fate::all().filter(|fate| *fate != Fate::Closed).map(Fate::code).collect();
    assert_eq!(codes, towpath_config::model::REASONS.iter().copied().collect());
}
