use super::{DOCUMENT_BYTES_MAX, Source, SourceFault};

fn read(name: &str, octets: &[u8]) -> Result<Source, SourceFault> {
    let path = std::env::temp_dir().join(format!("towpath-source-{}-{name}", std::process::id()));
    std::fs::write(&path, octets).expect("a writable directory");
    let source = Source::read(&path);
    std::fs::remove_file(&path).expect("it was just written");
    source
}

#[test]
fn a_file_is_named_after_its_path() {
    let source = read("good.yaml", "a: ü\n".as_bytes()).expect("a good file");
    assert!(source.name().ends_with("good.yaml"));
    assert_eq!(source.text(), "a: ü\n");
}

#[test]
fn says_which_file_and_why() {
    let missing = Source::read("/nonexistent/table.yaml").expect_err("there is no such file");
    assert!(
        missing.to_string().starts_with("cannot read /nonexistent/table.yaml: No such file"),
        "{missing}"
    );
    let binary = read("binary.yaml", b"a: b\nc: \xff\n").expect_err("no text");
    assert!(binary.to_string().ends_with("line 2 is not UTF-8 text"), "{binary}");
    let huge = read("huge.yaml", &vec![b' '; DOCUMENT_BYTES_MAX + 1]).expect_err("too large");
    assert!(huge.to_string().contains("larger than 16 MiB"), "{huge}");
}
