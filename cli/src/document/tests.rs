use super::*;

#[test]
fn the_route_table_of_the_readme_is_good() {
    let readme = include_str!("../../../README.md");
    let tables: Vec<_> =
        readme.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!tables.is_empty());
    for table in tables {
        let compiled = compile(&Source::new("README.md", table), &|_| None).unwrap();
        assert!(compiled.warnings().is_empty(), "{}", compiled.warnings());
    }
}

#[test]
fn a_file_that_is_not_there_is_named_with_the_reason() {
    let told = load(Path::new("/no/such/table.yaml")).unwrap_err().to_string();
    assert!(told.starts_with("error: cannot read /no/such/table.yaml: No such file"), "{told}");
}

#[test]
fn faults_are_told_all_at_once() {
    let source =
        Source::new("mine.yaml", "listeners: {web: {adress: 127.0.0.1:1}}\nroutes: {all: {to: nowhere}}\n");
    let told = understand(&source).unwrap_err().to_string();
    for part in ["mine.yaml:1:19", "did you mean `address`?", "mine.yaml:2:", "no cluster `nowhere`"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}
