use super::*;

#[test]
fn what_is_written_is_read() {
    let served =
        Served { routes: vec!["shop/all".into()], clusters: vec!["shop/app".into(), "pay/ledger".into()] };
    let text = served.text();
    assert_eq!(text, r#"{"routes":["shop/all"],"clusters":["shop/app","pay/ledger"]}"#);
    assert_eq!(Served::read(&text), Ok(served));
    assert_eq!(Served::read(r#"{"routes":[],"clusters":[],"later":1}"#), Ok(Served::default()));
}

#[test]
fn what_is_none_is_told() {
    let rows = [
        ("", "not JSON"),
        ("[]", "`routes`"),
        (r#"{"routes":[]}"#, "`clusters`"),
        (r#"{"routes":["a"],"clusters":[1]}"#, "`clusters`"),
    ];
    for (text, part) in rows {
        let fault = Served::read(text).expect_err("a fault");
        assert!(fault.contains(part), "{text}: {fault}");
    }
}
