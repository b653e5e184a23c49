use super::*;

fn part(section: Section, name: &str, text: &str) -> Result<Part, String> {
    let name = PartName::new(section, name).expect("a name");
    Part::new(name, text).map_err(|faults| faults.to_string())
}

#[test]
fn names_are_those_of_the_language() {
    for (section, name, right) in [
        (Section::Route, "shop", true),
        (Section::Route, "payments:shop", false),
        (Section::Cluster, "payments:shop", true),
        (Section::Endpoints, "payments:shop", true),
        (Section::Cluster, "payments:shop:x", false),
        (Section::Cluster, "Shop", false),
        (Section::Listener, "", false),
        (Section::Settings, "settings", true),
        (Section::Settings, "shop", false),
    ] {
        assert_eq!(PartName::new(section, name).is_some(), right, "{section:?} {name}");
    }
}

#[test]
fn a_text_that_would_spoil_others_is_no_part() {
    for (section, text, found) in [
        (Section::Route, "{\"to\": \"a\"}\n  evil: {\"to\": \"b\"}", "more than one line"),
        (Section::Route, "{\"to\": \"a\"}\r", "more than one line"),
        (Section::Route, "{to: a}", "not JSON"),
        (Section::Route, "{\"to\": &x \"a\"}", "not JSON"),
        (Section::Route, "", "not JSON"),
        (Section::Route, "\"a\"", "the value of the route `x` is not a map"),
        (Section::Route, "[1]", "is not a map"),
        (Section::Endpoints, "{}", "is not a list"),
        (Section::Cluster, "{\"endpoints\": []}", "a part of their own"),
    ] {
        let said = part(section, "x", text).expect_err(text);
        assert!(said.contains(found), "{text}: {said}");
    }
    let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
    assert!(part(Section::Endpoints, "x", &deep).expect_err("deep").contains("nested too deeply"));
    assert!(part(Section::Settings, "settings", "{\"proxy\": {}, \"listeners\": {}}").is_err());
    assert!(part(Section::Settings, "settings", "{\"proxy\": 1}").is_err());
    assert!(part(Section::Settings, "settings", "{\"proxy\": {}, \"defaults\": {}}").is_ok());
}
