use super::*;

const TEXT: &str = "routes: {}\n";

#[test]
fn a_file_that_is_there_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.yaml");
    std::fs::write(&path, "mine").unwrap();
    let error = TableFile::write(Some(&path), false, TEXT).unwrap_err();
    assert!(error.is::<BadInput>() && error.to_string().contains("mine.yaml"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
}

#[test]
fn the_file_goes_away_unless_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept.yaml");
    drop(TableFile::write(Some(&path), false, TEXT).unwrap());
    assert!(path.exists());
    let file = TableFile::write(None, false, TEXT).unwrap();
    let path = file.path().to_owned();
    assert!(path.exists());
    drop(file);
    assert!(!path.exists());
}
