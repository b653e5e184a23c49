use super::*;

#[test]
fn every_counter_has_its_own_line() {
    let meters = Meters::default();
    for (count, (counter, ..)) in ROWS.iter().enumerate() {
        meters.add(*counter, count as u64);
    }
    let text = meters.text([(("revision", "The newest revision."), 7.0)]);
    for (count, (_, name, help)) in ROWS.iter().enumerate() {
        assert!(text.contains(&format!("\ntowpath_control_{name}_total {count}\n")), "{name}");
        assert!(help.ends_with('.'), "{help}");
    }
    assert!(text.ends_with("# TYPE towpath_control_revision gauge\ntowpath_control_revision 7\n"));
}

#[test]
fn every_counter_stands_on_the_page_and_nothing_else_does() {
    let page = include_str!("../../../docs/control-server.md");
    let (_, section) = page.split_once("\n## Metrics\n").expect("the section");
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let rows = |kind: &str| {
        let row = move |line: &str| {
            let (name, rest) = line.strip_prefix("| `towpath_control_")?.split_once("` | ")?;
            rest.starts_with(kind).then(|| name.to_owned())
        };
        section.lines().filter_map(row).collect::<Vec<_>>()
    };
    let counters: Vec<_> = ROWS.iter().map(|(_, name, _)| (*name).to_owned()).collect();
    assert_eq!(rows("counter"), counters);
    let gauges = crate::push::GAUGES.iter().chain(&crate::truth::GAUGES);
    let gauges: Vec<_> = gauges.map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(rows("gauge"), gauges);
}
