use super::{Counters, NOTES_PER_SECOND};

#[test]
fn every_counter_stands_on_the_page_and_nothing_else_does() {
    let page = include_str!("../../../../../docs/control-api.md");
    let written = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `towpath_control_api_")?.split_once("` | counter"));
    let written: Vec<_> = written.map(|(name, _)| name).collect();
    let mut text = String::new();
    Counters::default().write(&mut text);
    let known = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE towpath_control_api_")?.strip_suffix("_total counter"));
    assert_eq!(written, known.collect::<Vec<_>>());
}

#[test]
fn a_flood_of_strangers_is_no_flood_of_notes() {
    let counters = Counters::default();
    // the second may change meanwhile
    let noted = (0..1000).filter(|_| counters.refused()).count() as u64;
    assert!((NOTES_PER_SECOND..=3 * NOTES_PER_SECOND).contains(&noted), "{noted}");
}
