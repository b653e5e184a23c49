use std::fs;

use serde_json::Value;

use super::bundle;

#[test]
fn directories_give_all_their_documents() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, format!("# {name}\n")).expect("a file");
        path
    };
    let files = ["b.yaml", "a/c.yml", "a/.hidden.yaml", ".git/d.yaml", "notes.txt"].map(put);
    let names = |paths: &[_]| {
        let (media, body) = bundle(paths).expect("they can be read");
        assert_eq!(media, "application/json");
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        let list = body["documents"].as_array().expect("a list").clone();
        list.iter().map(|one| one["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&[folder.path().to_owned()]), ["a/c.yml", "b.yaml"]);
    assert_eq!(names(&files[..1]), ["b.yaml"]);
    assert_eq!(names(&files[4..]), ["notes.txt.yaml"]);
}

#[test]
fn what_is_not_there_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, told) in [
        (folder.path().to_owned(), "there is no .yaml or .yml file below"),
        (folder.path().join("x.yaml"), "x.yaml"),
    ] {
        assert!(bundle(&[path]).expect_err("nothing is there").to_string().contains(told));
    }
}
