use crate::failure::BadInput;

use super::problem;

#[test]
fn what_the_asker_can_mend_is_bad_input() {
    let rows = [
        (400, r#"{"detail": "`wait` is a time"}"#, true, "error: `wait` is a time"),
        (401, r#"{"detail": "a token is wanted"}"#, true, "TOWPATH_TOKEN"),
        (403, r#"{"detail": "this is not allowed"}"#, true, "another token may"),
        (409, r#"{"detail": "somebody was first", "revision": 7}"#, true, "towpath history"),
        (409, r#"{"detail": "the directory is read-only"}"#, true, "error: the directory is read-only"),
        (500, r#"{"detail": "the disk fails"}"#, false, "127.0.0.1:1 answered 500: the disk fails"),
        (502, "<html>", false, "answered 502: <html>"),
    ];
    for (status, body, is_bad, told) in rows {
        let error = problem("127.0.0.1:1", status, body.as_bytes());
        assert_eq!(error.downcast_ref::<BadInput>().is_some(), is_bad, "{status}");
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[test]
fn faults_have_their_places() {
    let body = r#"{"detail": "one thing is wrong", "faults": [
        {"file": "a.yaml", "line": 3, "column": 5, "standing": "rejected", "message": "unknown key", "help": "write x"},
        {"file": "b.yaml", "line": 0, "column": 0, "standing": "held", "message": "is needed", "help": null}]}"#;
    let told = problem("", 422, body.as_bytes()).to_string();
    assert_eq!(
        told,
        "error: one thing is wrong\n\na.yaml:3:5: unknown key\n  = help: write x\n\nb.yaml: is needed (held)"
    );
}
