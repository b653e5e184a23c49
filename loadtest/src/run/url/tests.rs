#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

#[test]
fn urls_are_taken_apart() {
    let rows = [
        ("http://a", "a", "a", 80, "/"),
        ("http://a:8080", "a:8080", "a", 8080, "/"),
        ("http://a:8080/b/c?d=e#f", "a:8080", "a", 8080, "/b/c?d=e"),
        ("http://127.0.0.1?d", "127.0.0.1", "127.0.0.1", 80, "/?d"),
        ("http://[::1]:81/{1..3}", "[::1]:81", "::1", 81, "/{1..3}"),
        ("http://[::1]/", "[::1]", "::1", 80, "/"),
    ];
    for (text, authority, host, port, path) in rows {
        let url = Url::parse(text).unwrap();
        assert_eq!(
            (url.authority.as_str(), url.host.as_str(), url.port, url.path.as_str()),
            (authority, host, port, path)
        );
    }
}

#[test]
fn what_is_no_url_is_refused_with_a_reason() {
    let rows = [
        ("localhost:8080", "has no scheme"),
        ("https://a/", "the scheme `https`"),
        ("http://", "has no host"),
        ("http:///path", "has no host"),
        ("http://:80/", "has no host"),
        ("http://a b/", "has no host"),
        ("http://a:b/", "has a port that is no number"),
        ("http://a:0/", "has a port that is no number"),
        ("http://a:70000/", "has a port that is no number"),
        ("http://user:word@a/", "names a user"),
    ];
    for (text, reason) in rows {
        let refusal = Url::parse(text).unwrap_err();
        assert!(refusal.contains(reason) && refusal.contains(text), "{refusal}");
    }
}
