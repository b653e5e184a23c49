use super::Counters;

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
