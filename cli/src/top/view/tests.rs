use super::super::reading::Reading;
use super::*;

/// A series with so many requests, errors, and all of them in one bucket.
fn series(route: &str, subset: &str, requests: u32, errors: u32, bound: &str) -> String {
    let labels = format!("route=\"{route}\",cluster=\"app\",subset=\"{subset}\",class=\"\"");
    let bucket = "towpath_request_duration_seconds_bucket";
    format!(
        "towpath_requests_total{{{labels},code=\"2xx\"}} {}\ntowpath_requests_total{{{labels},code=\"5xx\"}} {errors}\n\
         towpath_request_failures_total{{{labels}}} {errors}\n\
         {bucket}{{{labels},le=\"{bound}\"}} {requests}\n{bucket}{{{labels},le=\"+Inf\"}} {requests}\n",
        requests - errors
    )
}

fn lines(text: &str, sort: Sort) -> Vec<Toned> {
    let now = Reading::of(&format!("towpath_config_generation 2\n{text}")).unwrap();
    let between = now.since(&Reading::default());
    View { process: &now.process, between: &between, seconds: 2.0 }.lines(sort)
}

#[test]
fn every_route_and_destination_has_a_line() {
    let text = series("shop", "canary", 10, 1, "0.1") + &series("shop", "stable", 90, 0, "0.1");
    let wanted = [
        (Tone::Heading, "    table 2, 0 reloads   connections: 0 of clients, 0 to endpoints, 0 waited for"),
        (Tone::Plain, ""),
        (Tone::Heading, "route  destination       rate    errors       p50       p90       p99"),
        (Tone::Bad, "all                    50.0/s     1.00%    50.0ms    90.0ms    99.0ms"),
        (Tone::Plain, "shop   app/stable      45.0/s     0.00%    50.0ms    90.0ms    99.0ms"),
        (Tone::Bad, "shop   app/canary       5.0/s    10.00%    50.0ms    90.0ms    99.0ms"),
    ];
    let found = lines(&text, Sort::Rate);
    assert_eq!(found, wanted.map(|(tone, line)| (tone, line.to_owned())), "{found:#?}");
}

#[test]
fn connections_have_lines_of_their_own_and_are_no_requests() {
    let labels = "route=\"pg\",cluster=\"db\",subset=\"\",class=\"\"";
    let ended =
        |end: &str, count| format!("towpath_tcp_connections_total{{{labels},end=\"{end}\"}} {count}\n");
    let text = series("shop", "", 10, 0, "0.1")
        + &ended("closed", 6)
        + &ended("client-gone", 1)
        + &ended("connect-failure", 1)
        + &format!("towpath_tcp_connection_duration_seconds_bucket{{{labels},le=\"+Inf\"}} 8\n");
    let found: Vec<_> = lines(&text, Sort::Name).into_iter().skip(3).map(|(_, line)| line).collect();
    assert!(found[0].starts_with("all ") && found[0].contains(" 5.0/s     0.00%"), "{found:#?}");
    assert!(found[1].starts_with("pg (tcp)  db ") && found[1].contains(" 4.0/s    12.50%"), "{found:#?}");
}

#[test]
fn what_is_asked_for_comes_first() {
    let text =
        series("a", "", 10, 0, "0.1") + &series("b", "", 90, 1, "0.2") + &series("c", "", 20, 2, "0.05");
    for (sort, wanted) in
        [(Sort::Rate, "b c a"), (Sort::Errors, "c b a"), (Sort::P99, "b a c"), (Sort::Name, "a b c")]
    {
        let found: Vec<_> = lines(&text, sort)
            .iter()
            .skip(4)
            .filter_map(|(_, line)| line.split(' ').next().map(str::to_owned))
            .collect();
        assert_eq!(found.join(" "), wanted, "{sort:?}");
    }
}

#[test]
fn odd_cells_have_words() {
    let key = |route: &str, cluster: &str, class: &str| Key {
        route: route.into(),
        cluster: cluster.into(),
        subset: String::new(),
        class: class.into(),
        tcp: false,
    };
    assert_eq!(route(&key("", "", "")), "(no route)");
    assert_eq!(route(&key("a", "", "synthetic")), "a (synthetic)");
    assert_eq!(destination(&key("a", "", "")), "(the proxy itself)");
    assert_eq!(cut(&"ü".repeat(41)), format!("{}…", "ü".repeat(39)));
    assert_eq!(cut(&"ü".repeat(40)), "ü".repeat(40));
    assert_eq!(time(Quantile::Within(0.0004)), "0.4ms");
    assert_eq!(time(Quantile::Within(0.9999)), "1.0s");
    assert_eq!(time(Quantile::Beyond(60.0)), ">60.0s");
    assert!(lines("", Sort::Rate).last().unwrap().1.contains('-'));
}
