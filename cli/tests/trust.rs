//! Whom the proxy believes: forwarded fields behind so many trusted hops, and fields that are the proxy's own to write.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use support::{Client, Proxy, Upstream};

/// The values of these fields as the upstream sees them, of a request with these lines.
fn seen(listener: &str, route: &str, lines: &[&str], fields: &[&str]) -> Vec<Vec<String>> {
    let upstream = Upstream::echo();
    let table = format!(
        "proxy: {{admin: \"127.0.0.1:0\", id: edge}}\nlisteners: {{web: {{address: \"127.0.0.1:0\"{listener}}}}}\n\
         routes: {{all: {{to: app{route}}}}}\nclusters: {{app: {{endpoints: [\"{}\"]}}}}\n",
        upstream.address()
    );
    let proxy = Proxy::start(&table);
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let request = format!("GET /a HTTP/1.1\r\nHost: shop.test\r\n{lines}\r\n");
    let response = Client::connect(proxy.address("web")).send(request).response().unwrap();
    assert_eq!(response.status, 200, "{lines}");
    let head = upstream.wait(1).pop().unwrap().head;
    let values = |field: &&str| head.values(field).into_iter().map(str::to_owned).collect();
    fields.iter().map(values).collect()
}

#[test]
fn fields_are_believed_as_far_as_hops_are_trusted() {
    let sent = [
        "X-Forwarded-For: 6.6.6.6, 5.5.5.5",
        "X-Forwarded-For: 4.4.4.4",
        "X-Forwarded-Proto: gopher",
        "X-Forwarded-Proto: https, wss",
        "X-Forwarded-Host: evil.test",
        "X-Forwarded-Host: one.test, two.test",
        "Forwarded: for=6.6.6.6, for=5.5.5.5;proto=https",
        "Forwarded: for=4.4.4.4",
        "Via: 1.0 far",
    ];
    let fields = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "via"];
    let own = "for=127.0.0.1;host=\"shop.test\";proto=";
    let table = [
        (0, ["127.0.0.1", "http", "shop.test", &format!("{own}http")]),
        (1, ["4.4.4.4, 127.0.0.1", "wss", "two.test", &format!("for=4.4.4.4, {own}http")]),
        (
            2,
            [
                "5.5.5.5, 4.4.4.4, 127.0.0.1",
                "https",
                "one.test",
                &format!("for=5.5.5.5;proto=https, for=4.4.4.4, {own}https"),
            ],
        ),
    ];
    for (hops, wanted) in table {
        let listener = format!(", trusted_hops: {hops}");
        let wanted = [&wanted[..], &["1.0 far, 1.1 edge"]].concat();
        let found = seen(&listener, "", &sent, &fields);
        assert_eq!(found, wanted.iter().map(|value| vec![(*value).to_owned()]).collect::<Vec<_>>(), "{hops}");
    }
}

#[test]
fn what_is_not_written_is_not_believed_either() {
    let sent = ["X-Forwarded-For: 6.6.6.6", "Forwarded: for=6.6.6.6", "X-Forwarded-Proto: https"];
    let fields = ["x-forwarded-for", "forwarded", "x-forwarded-proto"];
    let none: [Vec<String>; 3] = Default::default();
    assert_eq!(seen(", forward_headers: none", "", &sent, &fields), none);
}

#[test]
fn every_request_has_one_id_whatever_its_sender_tries() {
    let id = |lines: &[&str]| {
        let mut found = seen("", "", lines, &["x-request-id"]);
        assert_eq!(found[0].len(), 1, "{lines:?}");
        found[0].remove(0)
    };
    assert_eq!(id(&["X-Request-Id: given-1"]), "given-1");
    assert_eq!(id(&["X-Request-Id: one", "X-Request-Id: other"]).len(), 36);
    assert_eq!(id(&["X-Request-Id: one", "Connection: x-request-id"]), "one");
    assert_eq!(id(&["X-Request-Id: two words"]).len(), 36);
}

#[test]
fn no_field_can_be_put_beside_one_that_the_proxy_writes() {
    let route = ", headers: {request: {set: {x-region: eu}, remove: [x-debug]}}, \
                 sticky: {by: {source: ip}, send: {header: x-variant}}";
    let sent = ["X_Region: us", "x_debug: 1", "X_Variant: v9", "Connection: x-region, x-variant"];
    let fields = ["x-region", "x_region", "x_debug", "x-variant", "x_variant"];
    let one = |value: &str| vec![value.to_owned()];
    assert_eq!(seen("", route, &sent, &fields), [one("eu"), vec![], vec![], one("app"), vec![]]);
}
