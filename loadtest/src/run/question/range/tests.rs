#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

#[test]
fn ranges_count() {
    let rows: [(&str, &[&str]); 5] = [
        ("/", &["/"]),
        ("/p/{1..3}", &["/p/1", "/p/2", "/p/3"]),
        ("/p/{7..7}/q", &["/p/7/q"]),
        ("/{1..2}/{8..9}", &["/1/8", "/1/9", "/2/8", "/2/9"]),
        ("/a?b={9..11}&c", &["/a?b=9&c", "/a?b=10&c", "/a?b=11&c"]),
    ];
    for (pattern, wanted) in rows {
        assert_eq!(paths(pattern).unwrap(), wanted, "{pattern}");
    }
    assert_eq!(paths("/{1..100000}").unwrap().len(), 100_000);
}

#[test]
fn what_is_no_range_is_refused() {
    let rows = [
        ("/{", "no range"),
        ("/}", "no range"),
        ("/{}", "no range"),
        ("/{a..b}", "no range"),
        ("/{1,2}", "no range"),
        ("/{1..2}}", "no range"),
        ("/{3..1}", "backwards"),
        ("/{1..100001}", "more than 100000"),
        ("/{1..1000}/{1..1000}", "more than 100000"),
        ("/{0..18446744073709551615}", "more than 100000"),
    ];
    for (pattern, reason) in rows {
        assert!(paths(pattern).unwrap_err().contains(reason), "{pattern}");
    }
}
