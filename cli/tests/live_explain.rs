//! Live explain: who may ask gets the way of the very request, nobody else gets or passes on anything.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use support::{Client, Next, Proxy, Response, Upstream};

const FIELD: &str = "x-towpath-explain";

/// An upstream that answers with the head that it got, and pretends to explain.
fn telling() -> Upstream {
    Upstream::start(|call| {
        let head = format!("{:?}", call.head);
        call.body();
        let length = head.len();
        call.send(format!(
            "HTTP/1.1 200 OK\r\nX-Towpath-Explain: forged\r\nContent-Length: {length}\r\n\r\n"
        ));
        call.send(head);
        Next::Keep
    })
}

/// A proxy with a canary by header and a split by key; `listener` is more keys of its listener.
fn proxy(upstream: &Upstream, listener: &str) -> Proxy {
    let endpoint = upstream.address();
    Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1}}
listeners: {{web: {{address: \"127.0.0.1:0\"{listener}}}}}
routes:
  testers: {{match: {{path: /shop/*, headers: {{canary: \"yes\"}}}}, to: app/next}}
  shop:
    match: {{path: /shop/*}}
    to: {{app/now: 90, app/next: 10}}
    sticky: {{by: {{header: x-user-id}}}}
    timeout: 7s
  other: {{match: {{path: /other}}, to: none}}
clusters:
  app:
    endpoints: [{{address: \"{endpoint}\", labels: {{v: a}}}}]
    subsets: {{now: {{labels: {{v: a}}}}, next: {{labels: {{v: a}}}}}}
  none: {{endpoints: []}}
"
    ))
}

fn ask(proxy: &Proxy, path: &str, fields: &str) -> Response {
    let mut client = Client::connect(proxy.address("web"));
    client.send(format!("GET {path} HTTP/1.1\r\nHost: shop.test\r\n{fields}\r\n"));
    client.response().expect("an answer")
}

/// The parts of an explanation.
fn parts(answer: &Response) -> Vec<(String, String)> {
    let line = answer.value(FIELD).expect("an explanation");
    line.split("; ").map(|part| part.split_once('=').map(|(a, b)| (a.into(), b.into())).unwrap()).collect()
}

fn part(answer: &Response, name: &str) -> Option<String> {
    parts(answer).into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

#[test]
fn an_answer_says_how_it_came_about() {
    let upstream = telling();
    let proxy = proxy(&upstream, ", explain_from: [127.0.0.0/8, \"::1/128\"]");
    let answer = ask(&proxy, "/shop/1", "x-user-id: ada\r\nX-Towpath-EXPLAIN: 1\r\n");
    let names: Vec<_> = parts(&answer).into_iter().map(|(name, _)| name).collect();
    let wanted = "table route destination by share bucket timeout endpoint attempts missed";
    assert_eq!(names.join(" "), wanted, "{:?}", answer.value(FIELD));
    for (name, value) in [
        ("table", "1"),
        ("route", "shop#0@6"),
        ("by", "header x-user-id"),
        ("timeout", "7s@9"),
        ("endpoint", &upstream.address().to_string()),
        ("attempts", "1"),
        ("missed", "testers:no-header@4"),
    ] {
        assert_eq!(part(&answer, name).as_deref(), Some(value), "{name}");
    }
    let destination = part(&answer, "destination").unwrap();
    let share = if destination == "app/now" { "90.0%" } else { "10.0%" };
    assert_eq!(part(&answer, "share").as_deref(), Some(share), "{destination}");
    // the upstream was not asked
    assert!(!answer.text().to_lowercase().contains(FIELD), "{}", answer.text());
    proxy.await_metric("towpath_explained_total", 1.0);
}

#[test]
fn an_answer_of_the_proxy_says_it_too() {
    let upstream = telling();
    let proxy = proxy(&upstream, ", explain_from: 127.0.0.1");
    let answer = ask(&proxy, "/nowhere", "x-towpath-explain: 1\r\n");
    let wanted =
        "table=1; reply=404; reason=no-path; missed=other:no-path@10,testers:no-path@4,shop:no-path@6";
    assert_eq!(answer.value(FIELD), Some(wanted));
    let answer = ask(&proxy, "/other", "x-towpath-explain: 1\r\n");
    let wanted = "table=1; reply=503; reason=no-endpoint; route=other#0@10; destination=none; \
                  by=the only destination; share=100.0%; timeout=none@default";
    assert_eq!(answer.value(FIELD), Some(wanted));
    let answer = ask(&proxy, "/%zz", "x-towpath-explain: 1\r\n");
    assert_eq!(answer.value(FIELD), Some("table=1; reply=400; reason=bad-request"));
}

#[test]
fn who_may_not_ask_gets_nothing_and_passes_nothing_on() {
    let upstream = telling();
    // off; for others only; for whoever a client says to be, whom no trusted hop vouches for
    for (listener, fields) in [
        ("", ""),
        (", explain_from: 192.0.2.0/24", ""),
        (", explain_from: 192.0.2.0/24", "X-Forwarded-For: 192.0.2.1\r\n"),
        (", explain_from: 127.0.0.0/8, trusted_hops: 1", "X-Forwarded-For: 203.0.113.9\r\n"),
    ] {
        let proxy = proxy(&upstream, listener);
        let answer = ask(&proxy, "/shop/1", &format!("{fields}x-towpath-explain: 1\r\n"));
        assert_eq!(answer.value(FIELD), Some("forged"), "{listener}");
        assert!(!answer.text().to_lowercase().contains(FIELD), "{listener}: {}", answer.text());
        let answer = ask(&proxy, "/nowhere", &format!("{fields}x-towpath-explain: 1\r\n"));
        assert_eq!(answer.value(FIELD), None, "{listener}");
        proxy.await_metric("towpath_explain_refused_total", 2.0);
        assert_eq!(proxy.metric("towpath_explained_total"), Some(0.0));
    }
}

#[test]
fn a_trusted_hop_says_who_asks() {
    let upstream = telling();
    let proxy = proxy(&upstream, ", explain_from: 192.0.2.0/24, trusted_hops: 1");
    let answer = ask(&proxy, "/shop/1", "X-Forwarded-For: 192.0.2.1\r\nx-towpath-explain: 1\r\n");
    assert_eq!(part(&answer, "table").as_deref(), Some("1"));
}

#[test]
fn a_long_explanation_is_bounded() {
    let upstream = telling();
    let name = |number: usize| format!("{}-{number}", "r".repeat(240));
    let routes: String = (0..40)
        .map(|number| {
            format!("  {}: {{match: {{headers: {{h{number}: present}}}}, to: app}}\n", name(number))
        })
        .collect();
    let proxy = Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\"}}\nlisteners: {{web: {{address: \"127.0.0.1:0\", explain_from: 127.0.0.1}}}}\n\
         routes:\n{routes}  last: {{to: app}}\nclusters: {{app: {{endpoints: [\"{}\"]}}}}\n",
        upstream.address()
    ));
    let answer = ask(&proxy, "/", "x-towpath-explain: 1\r\n");
    let line = answer.value(FIELD).unwrap();
    assert!(line.len() <= 2048, "{}", line.len());
    assert!(part(&answer, "endpoint").is_some(), "{line}");
}
