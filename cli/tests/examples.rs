//! Every example runs in the real proxy and does what it is an example of.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Call, Client, Names, Next, PATIENCE, Proxy, Response, Upstream, eventually, get};
use tempfile::TempDir;

/// What each example must show.
const SHOWN: &[(&str, Show)] = &[
    ("ab-test.yaml", ab_test),
    ("access-log.yaml", access_log),
    ("admission.yaml", admission),
    ("blue-green.yaml", blue_green),
    ("breaker.yaml", breaker),
    ("canary-header.yaml", canary_header),
    ("canary.yaml", canary),
    ("cohorts.yaml", cohorts),
    ("compression.yaml", compression),
    ("control.yaml", control),
    ("defaults.yaml", defaults),
    ("dns.yaml", dns),
    ("edge.yaml", edge),
    ("ejection.yaml", ejection),
    ("grpc-web.yaml", grpc_web),
    ("grpc.yaml", grpc),
    ("headers.yaml", headers),
    ("health.yaml", health),
    ("hosts-and-paths.yaml", hosts_and_paths),
    ("http2-upstream.yaml", http2_upstream),
    ("http2.yaml", http2),
    ("importance.yaml", importance),
    ("limits.yaml", limits),
    ("load-test.yaml", load_test),
    ("maintenance.yaml", maintenance),
    ("minimal.yaml", minimal),
    ("proxy-protocol.yaml", proxy_protocol),
    ("redirects.yaml", redirects),
    ("retries.yaml", retries),
    ("rewrites.yaml", rewrites),
    ("tcp.yaml", tcp),
    ("unix-sockets.yaml", unix_sockets),
    ("websocket.yaml", websocket),
];

type Show = fn(&Example);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/examples")
}

#[test]
fn every_example_is_shown_and_every_row_has_its_example() {
    let files: BTreeSet<String> = fs::read_dir(folder())
        .expect("the examples stand beside the crate that reads them")
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".yaml"))
        .collect();
    let shown: BTreeSet<String> = SHOWN.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(files, shown);
}

#[test]
fn every_example_does_what_it_says() {
    // one after another, all of them, so that one that fails does not hide the next
    let failed: Vec<_> = SHOWN
        .iter()
        .filter(|(name, show)| std::thread::spawn(|| show(&Example::start(name))).join().is_err())
        .map(|(name, _)| name)
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
}

/// An example in a running proxy, with an upstream for each endpoint that it names.
struct Example {
    proxy: Proxy,
    upstreams: BTreeMap<u16, Upstream>,
    sockets: Sockets,
    _names: Option<Names>,
}

/// The ports that an example writes for endpoints; all others are for listeners.
const ENDPOINTS: std::ops::Range<u16> = 3000..4000;

impl Example {
    /// Starts it with ports that the system picks.
    fn start(name: &str) -> Self {
        let mut table = fs::read_to_string(folder().join(name)).expect("an example is text");
        let mut upstreams = BTreeMap::new();
        let sockets = Sockets::take_over(&mut table);
        table = table.replace("/var/log/towpath", &sockets.folder.path().display().to_string());
        let names = names(&mut table, &mut upstreams);
        for (address, port) in addresses(&table) {
            let picked = if ENDPOINTS.contains(&port) {
                let upstream = upstreams.entry(port).or_insert_with(|| telling(port));
                upstream.address().to_string()
            } else {
                "127.0.0.1:0".to_owned()
            };
            table = table.replace(&address, &picked);
        }
        if !table.contains("admin:") {
            let admin = "admin: \"127.0.0.1:0\"";
            let block = table.lines().find(|line| line.starts_with("proxy:")).map(str::to_owned);
            table = match block.as_deref() {
                None => format!("{table}\nproxy: {{{admin}}}\n"),
                Some("proxy:") => table.replacen("proxy:\n", &format!("proxy:\n  {admin}\n"), 1),
                Some(_) => table.replacen("proxy: {", &format!("proxy: {{{admin}, "), 1),
            };
        }
        Self { proxy: Proxy::start(&table), upstreams, sockets, _names: names }
    }

    /// What a request without a body gets from the first listener of these names that is open.
    fn ask(&self, line: &str, host: &str, fields: &[&str]) -> Response {
        let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
        let mut client = Client::connect(self.proxy.address("web"));
        client.send(format!("{line} HTTP/1.1\r\nHost: {host}\r\n{fields}Connection: close\r\n\r\n"));
        client.response_to(line.split(' ').next().unwrap_or_default()).expect("an answer")
    }

    /// The port, as the example writes it, of the endpoint that answers; the request must be forwarded.
    fn who(&self, line: &str, host: &str, fields: &[&str]) -> u16 {
        let response = self.ask(line, host, fields);
        assert_eq!(response.status, 200, "{line} {host} {fields:?}: {response:?}");
        response.value("x-port").expect("an upstream's answer").parse().unwrap()
    }
}

/// The name server of an example that writes its port, 5353: hosts have the ports that the example writes beside them,
/// and the one service has 3002.
fn names(table: &mut String, upstreams: &mut BTreeMap<u16, Upstream>) -> Option<Names> {
    if !table.contains(":5353") {
        return None;
    }
    for port in
        ENDPOINTS.filter(|port| *port == 3002 || table.contains(&format!("port: {port}"))).collect::<Vec<_>>()
    {
        let upstream = upstreams.entry(port).or_insert_with(|| telling(port));
        *table = table.replace(&format!("port: {port}"), &format!("port: {}", upstream.address().port()));
    }
    let service =
        format!("--srv-host=_orders._tcp.internal,shop.internal,{}", upstreams[&3002].address().port());
    let names = Names::start("127.0.0.1 shop.internal cdn.internal\n", &[&service]);
    *table = table.replace("127.0.0.1:5353", &format!("localhost:{}", names.address().port()));
    Some(names)
}

/// The Unix sockets of an example, with an upstream for each that is an endpoint.
struct Sockets {
    folder: TempDir,
    _upstreams: Vec<Upstream>,
}

impl Sockets {
    /// Moves them to a folder of the test. Those of listeners stand in `/run/towpath`.
    fn take_over(table: &mut String) -> Self {
        let folder = tempfile::tempdir().expect("a folder for sockets");
        let written: BTreeSet<String> =
            table.split('"').filter_map(|text| text.strip_prefix("unix:").map(str::to_owned)).collect();
        let mut upstreams = Vec::new();
        for path in &written {
            let moved = folder.path().join(Path::new(path).file_name().expect("a socket has a name"));
            if !path.starts_with("/run/towpath/") {
                upstreams.push(Upstream::start_at(&moved, tell(path)));
            }
            *table = table.replace(&format!("unix:{path}"), &format!("unix:{}", moved.display()));
        }
        Self { folder, _upstreams: upstreams }
    }
}

/// An upstream that tells which one it is, and what it was asked for. Whoever asks it to be busy has to ask twice.
fn telling(port: u16) -> Upstream {
    Upstream::start(tell(&port.to_string()))
}

fn tell(name: &str) -> impl Fn(&mut Call<'_>) -> Next + Send + Sync + use<> {
    let name = name.to_owned();
    move |call| {
        if call.body().is_none() {
            return Next::Close;
        }
        if call.head.value("x-busy").is_some() && call.head.value("x-towpath-attempt").is_none() {
            call.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
            return Next::Keep;
        }
        let body = String::from_utf8_lossy(&call.head.raw).into_owned();
        let length = body.len();
        let status = if call.path().ends_with("/fails") { "503 Down" } else { "200 OK" };
        call.send(format!(
            "HTTP/1.1 {status}\r\nServer: telling\r\nX-Port: {name}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{body}"
        ));
        Next::Keep
    }
}

/// Every address with a port in the text, longest first so that none is replaced inside another.
fn addresses(table: &str) -> Vec<(String, u16)> {
    let address = |letter: char| letter.is_ascii_digit() || letter == '.' || letter == ':';
    let mut found: BTreeSet<(String, u16)> = BTreeSet::new();
    for word in table.split(|letter| !address(letter)) {
        if let Ok(parsed) = word.parse::<std::net::SocketAddrV4>() {
            found.insert((word.to_owned(), parsed.port()));
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    found
}

fn access_log(example: &Example) {
    let folder = example.sockets.folder.path();
    let collector = UnixListener::bind(folder.join("collector.sock")).unwrap();
    assert_eq!(example.who("GET /shop/1", ANY, &["User-Agent: a"]), 3001);
    let line = example
        .proxy
        .line("a line for the request", |line| line.starts_with("{\"time\"").then(|| line.to_owned()));
    assert!(line.contains("\"path\":\"/shop/1\",\"status\":200"), "{line}");
    let line = eventually("the line in the file", || {
        fs::read_to_string(folder.join("access.log")).ok().filter(|text| text.ends_with('\n'))
    });
    assert!(line.contains("] \"GET /shop/1 HTTP/1.1\" 200 ") && line.ends_with(" \"-\" \"a\"\n"), "{line}");
    // one in a hundred, always the same
    for number in 0..400 {
        example.ask("GET /other", ANY, &[&format!("X-Request-Id: {number}")]);
    }
    let (stream, _) = collector.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // whatever else was slow, or drawn
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("\"status\":404,\"reason\":\"no-path\"")), "one of 400 is drawn");
}

/// A host that no example names.
const ANY: &str = "any.test";

fn user(number: usize) -> String {
    format!("X-User-Id: user-{number}")
}

fn ab_test(example: &Example) {
    assert_eq!(example.who("GET /?variant=a", ANY, &[]), 3001);
    assert_eq!(example.who("GET /?variant=b", ANY, &[]), 3002);
    assert_eq!(example.who("GET /", ANY, &["X-Variant: b"]), 3002);
    let choices: Vec<u16> = (0..200).map(|number| example.who("GET /", ANY, &[&user(number)])).collect();
    let again: Vec<u16> = (0..200).map(|number| example.who("GET /b", ANY, &[&user(number)])).collect();
    assert_eq!(choices, again, "a user stays");
    let first = choices.iter().filter(|port| **port == 3001).count();
    assert!((60..=140).contains(&first), "{first} of 200 by half and half");

    let visitor = example.ask("GET /", ANY, &[]);
    let cookie = visitor.value("set-cookie").expect("a new visitor gets a cookie");
    assert!(cookie.starts_with("visitor=") && cookie.contains("Max-Age=2592000"), "{cookie}");
    let sent = format!("Cookie: {}", cookie.split(';').next().unwrap());
    for _ in 0..20 {
        let next = example.ask("GET /", ANY, &[&sent]);
        assert_eq!((next.value("x-port"), next.value("set-cookie")), (visitor.value("x-port"), None));
        assert_eq!(next.value("x-variant"), visitor.value("x-variant"));
    }
}

fn blue_green(example: &Example) {
    for _ in 0..50 {
        assert_eq!(example.who("GET /", ANY, &[]), 3001, "all on blue");
    }
    assert_eq!(example.who("GET /", ANY, &["X-Colour: green"]), 3002);
    assert_eq!(example.who("GET /", ANY, &["x-colour: blue"]), 3001);
    assert_eq!(example.who("GET /", ANY, &["x-colour: GREEN"]), 3001, "values are compared exactly");
}

fn breaker(example: &Example) {
    let reason = |path: &str| {
        let answer = example.ask(&format!("GET {path}"), ANY, &[]);
        answer.value("x-towpath-reason").map(str::to_owned)
    };
    for (path, failures) in [("/fails", 6), ("/search/fails", 20)] {
        assert_eq!(example.ask("GET /search/fine", ANY, &[]).status, 200);
        let answers: Vec<_> = (0..failures + 5).map(|_| reason(path)).collect();
        let asked = answers.iter().filter(|reason| reason.is_none()).count();
        assert!((1..=failures).contains(&asked), "{path}: {answers:?}");
    }
    assert_eq!(reason("/fine").as_deref(), Some("breaker-open"), "whatever is asked for");
}

fn ejection(example: &Example) {
    let ask = |path: &str| {
        let answer = example.ask(&format!("GET {path}"), ANY, &[]);
        answer.value("x-port").map(str::to_owned).expect("an endpoint answers")
    };
    // every third request goes to the same one: it fails five times, and nobody else does
    let first = ask("/fails");
    let fails: Vec<_> = (0..12).map(|number| ask(if number % 3 == 2 { "/fails" } else { "/fine" })).collect();
    assert!((2..12).step_by(3).all(|turn| fails[turn] == first), "{fails:?}");
    let after: BTreeSet<_> = (0..30).map(|_| ask("/fine")).collect();
    assert!(after.len() == 2 && !after.contains(&first), "{after:?}");
}

fn canary_header(example: &Example) {
    assert_eq!(example.who("GET /", ANY, &["Canary-User: true"]), 3002);
    assert_eq!(example.who("GET /", ANY, &["Canary-User: false"]), 3001);
    assert_eq!(example.who("GET /", ANY, &[]), 3001);
    let asked = example.ask("GET /", ANY, &["X-Towpath-Explain: 1"]);
    let said = asked.value("x-towpath-explain").unwrap_or_default();
    assert!(said.contains("route=everybody#0") && said.contains("missed=testers:no-header"), "{said}");
}

fn canary(example: &Example) {
    let choices: Vec<u16> = (0..1000).map(|number| example.who("GET /", ANY, &[&user(number)])).collect();
    let canaries = choices.iter().filter(|port| **port == 3002).count();
    // the binomial bound: 4 sigma of 1000 draws at 10 % are 38
    assert!((62..=138).contains(&canaries), "{canaries} of 1000");
    for (number, port) in choices.into_iter().enumerate().take(100) {
        let again = example.ask("POST /again", ANY, &[&user(number), "Content-Length: 0"]);
        let version = if port == 3001 { "stable" } else { "canary" };
        assert_eq!(again.value("x-version"), Some(version), "user {number}");
    }
    assert!(
        example
            .ask("GET /", ANY, &[])
            .value("set-cookie")
            .is_some_and(|cookie| cookie.starts_with("towpath="))
    );
}

fn cohorts(example: &Example) {
    let mut new = 0;
    for number in 0..300 {
        let front = example.ask("GET /", ANY, &[&user(number)]);
        let basket = example.who("GET /basket/a", ANY, &[&user(number)]);
        let (port, variant) = match front.value("x-port") {
            Some("3001") => (3003, "old"),
            _ => (3004, "new"),
        };
        assert_eq!(basket, port, "both services agree on user {number}");
        assert!(
            front.text().to_lowercase().contains(&format!("\r\nx-variant: {variant}\r\n")),
            "{}",
            front.text()
        );
        new += usize::from(variant == "new");
    }
    assert!((30..=90).contains(&new), "{new} of 300 by a fifth");
    for number in 0..20 {
        assert_eq!(example.who("GET /basket/a", ANY, &[&user(number), "X-Variant: new"]), 3004);
        assert_eq!(example.who("GET /basket/a", ANY, &[&user(number), "X-Variant: old"]), 3003);
        let front = example.who("GET /", ANY, &[&user(number)]);
        assert_eq!(
            example.who("GET /", ANY, &[&user(number), "X-Variant: new"]),
            front,
            "no trust, no choice"
        );
    }
}

fn compression(example: &Example) {
    let long = format!("X-Long: {}", "long ".repeat(300));
    let coding = |path: &str, accepted: &str, other: &str| {
        let accepted = format!("Accept-Encoding: {accepted}");
        let answer = example.ask(&format!("GET {path}"), ANY, &[&accepted, other]);
        answer.value("content-encoding").map(str::to_owned)
    };
    assert_eq!(coding("/", "gzip, deflate, br, zstd", &long).as_deref(), Some("zstd"));
    assert_eq!(coding("/", "gzip, br;q=0.5", &long).as_deref(), Some("gzip"));
    assert_eq!(coding("/", "deflate", &long), None);
    assert_eq!(coding("/", "gzip", "X-Long: not so"), None, "too short");
    assert_eq!(coding("/api/1", "gzip", &long), None, "no JSON");
    assert_eq!(coding("/account/1", "gzip", &long), None);
}

fn control(example: &Example) {
    let waiting = get(example.proxy.admin(), "/ready").unwrap();
    assert_eq!(waiting.status, 503);
    let text = waiting.text();
    assert!(text.contains("waiting for the first route table from localhost:15011"), "{text}");
}

fn defaults(example: &Example) {
    assert_eq!(example.who("GET /quick/a", ANY, &[]), 3001);
    assert_eq!(example.who("GET /", ANY, &[]), 3001);
    let ports: BTreeSet<u16> = (0..200).map(|_| example.who("GET /reports/a", ANY, &[])).collect();
    assert_eq!(ports, BTreeSet::from([3001, 3002]));
    assert!(example.ask("GET /", ANY, &["X-Mesh: mine"]).text().contains("\r\nx-mesh: towpath\r\n"));
    let clusters = get(example.proxy.admin(), "/clusters").unwrap().text();
    assert!(clusters.contains("500") && clusters.contains("20"), "{clusters}");
}

fn dns(example: &Example) {
    for (path, port) in [("/", 3001), ("/orders/1", 3002), ("/assets/a.js", 3003)] {
        let answer = eventually("the name is resolved", || {
            let answer = example.ask(&format!("GET {path}"), ANY, &[]);
            (answer.status == 200).then_some(answer)
        });
        assert_eq!(answer.value("x-port"), Some(port.to_string().as_str()), "{path}");
    }
}

fn edge(example: &Example) {
    let shop = "shop.example.com";
    let ports: BTreeSet<u16> = (0..4).map(|_| example.who("GET /", shop, &[])).collect();
    assert_eq!(ports, BTreeSet::from([3001, 3002]), "in turn");
    let seen = example.ask("GET /a//b/../c", shop, &["X-Forwarded-For: 203.0.113.9"]);
    assert!(seen.text().starts_with("GET /a/c HTTP/1.1\r\n"), "{}", seen.text());
    let text = seen.text().to_lowercase();
    assert!(text.contains("\r\nx-forwarded-for: 203.0.113.9, 127.0.0.1\r\n"), "{text}");
    assert!(
        text.contains("\r\nx-request-id: ") && !text.contains("\r\nvia:") && !text.contains("\r\nforwarded:")
    );
    assert_eq!(seen.value("server"), None);

    let inside = "X-Forwarded-For: 203.0.113.9, 10.1.2.3";
    assert_eq!(example.ask("GET /internal/a", shop, &[inside]).status, 200);
    for outside in ["X-Forwarded-For: 10.1.2.3, 203.0.113.9", "X-Forwarded-For: 203.0.113.9", "X-Other: 1"] {
        let refused = example.ask("GET /internal/a", shop, &[outside]);
        assert_eq!((refused.status, refused.value("x-towpath-reason")), (403, None), "{outside}");
    }
    let unknown = example.ask("GET /", ANY, &[]);
    assert_eq!((unknown.status, unknown.text().as_str()), (404, "no such site"));
}

fn grpc_web(example: &Example) {
    let call = "Content-Type: application/grpc-web+proto";
    assert_eq!(example.who("POST /shop.v1.Orders/Create", ANY, &[call, "Content-Length: 0"]), 3001);
    let seen = example.upstreams[&3001].drain().pop().expect("a call").head;
    assert_eq!(seen.value("content-type"), Some("application/grpc+proto"));
    let preflight = example.ask("OPTIONS /shop.v1.Orders/Create", ANY, &["Origin: https://shop.example.com"]);
    assert_eq!((preflight.status, preflight.value("access-control-allow-methods")), (204, Some("POST")));
}

fn headers(example: &Example) {
    let mut betas = BTreeSet::new();
    for _ in 0..60 {
        let response = example.ask("GET /api/a", ANY, &["X-Debug: 1", "X-Region: us"]);
        let text = response.text();
        assert!(text.contains("\r\nx-region: eu\r\n") && text.contains("\r\nx-route: api\r\n"), "{text}");
        assert!(
            text.contains("\r\nx-caller: 127.0.0.1") && !text.to_lowercase().contains("x-debug"),
            "{text}"
        );
        assert!(!text.contains("us\r\n"), "set replaces: {text}");
        let beta = response.value("x-port") == Some("3002");
        assert_eq!(text.contains("\r\nx-beta: 1\r\n"), beta, "{text}");
        assert_eq!(response.value("x-served-by"), Some(if beta { "app/v2" } else { "app/v1" }));
        assert_eq!(response.value("strict-transport-security"), Some("max-age=31536000"));
        assert_eq!(response.value("server"), None);
        betas.insert(beta);
    }
    assert_eq!(betas.len(), 2, "both destinations were seen");
    let plain = example.ask("GET /plain", ANY, &["X-Debug: 1"]);
    assert!(
        plain.text().contains("\r\nX-Debug: 1\r\n") && !plain.text().contains("x-region"),
        "{}",
        plain.text()
    );
    assert_eq!((plain.value("server"), plain.value("strict-transport-security")), (Some("telling"), None));
}

fn hosts_and_paths(example: &Example) {
    let rows: &[(u16, &str, &str, &[&str])] = &[
        (3001, "GET /", "shop.example.com", &[]),
        (3001, "GET /login", "SHOP.example.com:8080", &[]),
        (3002, "GET /", "a.example.com", &[]),
        (3002, "GET /login", "a.b.example.com", &[]),
        (3001, "GET /", "example.com", &[]),
        (3003, "GET /login", ANY, &[]),
        (3003, "GET /login/", ANY, &[]),
        (3003, "GET /login/again", ANY, &[]),
        (3001, "GET /logins", ANY, &[]),
        (3004, "GET /users/7/orders", ANY, &[]),
        (3003, "GET /users/7/address", ANY, &[]),
        (3003, "GET /users/7/orders/1", ANY, &[]),
        (3006, "GET /v12/a", ANY, &[]),
        (3001, "GET /v12", ANY, &[]),
        (3001, "GET /va/a", ANY, &[]),
        (3004, "GET /orders/1", ANY, &[]),
        (3005, "DELETE /orders/1", ANY, &[]),
        (3005, "POST /orders/1", ANY, &["Content-Length: 0"]),
        (3007, "GET /", ANY, &["User-Agent: Mozilla (iPhone)"]),
        (3001, "GET /", ANY, &["User-Agent: Mozilla (Linux)"]),
        (3002, "GET /?beta", ANY, &["X-Partner: acme"]),
        (3002, "GET /?a=b&beta=1", ANY, &["X-Partner: test-7"]),
        (3001, "GET /", ANY, &["X-Partner: acme"]),
        (3001, "GET /?beta", ANY, &["X-Partner: other"]),
        (3006, "GET /basket", ANY, &[]),
        (3006, "GET /basket", ANY, &["Cookie: a=b"]),
        (3001, "GET /basket", ANY, &["Cookie: a=b; session=1"]),
        (3003, "GET /admin/a", ANY, &[]),
    ];
    for (port, line, host, fields) in rows {
        assert_eq!(example.who(line, host, fields), *port, "{line} {host} {fields:?}");
    }
}

fn limits(example: &Example) {
    assert_eq!(example.who("PUT /uploads/a", ANY, &["Content-Length: 0"]), 3001);
    assert_eq!(example.ask("POST /uploads/a", ANY, &["Content-Length: 2000000"]).status, 413);
    assert_eq!(example.ask(&format!("GET /{}", "a".repeat(5000)), ANY, &[]).status, 414);
    assert_eq!(example.ask("GET /", ANY, &[&format!("X: {}", "a".repeat(17_000))]).status, 431);
    assert_eq!(example.ask("GET /", ANY, &vec!["X: y"; 70]).status, 431);
    assert_eq!(example.upstreams[&3001].drain().len(), 1);
}

fn load_test(example: &Example) {
    assert_eq!(example.who("GET /", ANY, &["X-Load-Test: 1"]), 3002);
    assert_eq!(example.who("GET /", ANY, &[]), 3001);
    let metrics = || get(example.proxy.admin(), "/metrics").unwrap().text();
    let counted = |metrics: &str, parts: &[&str]| {
        let requests = metrics.lines().filter(|line| line.starts_with("towpath_requests_total{"));
        requests.filter(|line| parts.iter().all(|part| line.contains(part))).count()
    };
    // an exchange is counted when it is over, which is after the answer was read
    let synthetic = ["class=\"synthetic\"", "cluster=\"checkout-load\"", "code=\"2xx\""];
    let metrics = eventually("it is counted", || Some(metrics()).filter(|now| counted(now, &synthetic) == 1));
    assert_eq!(counted(&metrics, &["class=\"synthetic\"", "cluster=\"checkout\""]), 0, "{metrics}");
}

fn maintenance(example: &Example) {
    let closed = example.ask("GET /shop/a", ANY, &[]);
    assert_eq!((closed.status, closed.value("retry-after")), (503, Some("600")));
    assert_eq!(closed.value("x-towpath-reason"), Some("maintenance"));
    assert_eq!(closed.text(), "the shop is closed for an hour, back at noon");
    assert_eq!(example.who("GET /shop/a", ANY, &["X-Operator: me"]), 3001);
    assert_eq!(example.who("GET /billing/a", ANY, &[]), 3002, "not yet");
    assert_eq!(example.ask("GET /legacy/a", ANY, &[]).status, 503);
    let grpc = example.ask("POST /shop/a", ANY, &["Content-Type: application/grpc", "Content-Length: 0"]);
    assert_eq!((grpc.status, grpc.value("grpc-status")), (200, Some("14")));
    assert_eq!(example.upstreams[&3001].drain().len(), 1, "nobody else got through");
}

fn minimal(example: &Example) {
    assert_eq!(example.who("GET /any/path", ANY, &[]), 3001);
    assert_eq!(example.upstreams[&3001].drain().len(), 1);
}

fn redirects(example: &Example) {
    let rows = [
        ("GET /a?b=c", "secure.example.com", 308, "https://secure.example.com/a?b=c"),
        ("GET /a", "old.example.com", 301, "http://new.example.com/a"),
        ("GET /blog/2026/x?y", ANY, 301, "http://any.test/articles/2026/x?y"),
        ("GET /blog", ANY, 301, "http://any.test/articles"),
        ("GET /about-us", ANY, 302, "http://any.test/about"),
        ("GET /about.html", ANY, 302, "http://any.test/about"),
    ];
    for (line, host, status, location) in rows {
        let response = example.ask(line, host, &[]);
        assert_eq!((response.status, response.value("location")), (status, Some(location)), "{line}");
    }
    let robots = example.ask("GET /robots.txt", ANY, &[]);
    assert_eq!((robots.status, robots.text().as_str()), (200, "User-agent: *\nDisallow: /private\n"));
    assert_eq!(robots.value("content-type"), Some("text/plain; charset=utf-8"));
    let head = example.ask("HEAD /robots.txt", ANY, &[]);
    assert_eq!((head.status, head.value("content-length")), (200, robots.value("content-length")));
    assert_eq!(example.ask("GET /healthz", ANY, &[]).text(), "ok");
    assert_eq!(example.ask("GET /v1/a", ANY, &[]).status, 410);
    assert_eq!(example.who("GET /", ANY, &[]), 3001);
}

fn retries(example: &Example) {
    let busy = ["X-Busy: 1", "Content-Length: 0"];
    let first: BTreeSet<u16> = (0..8).map(|_| example.who("POST /orders/1", ANY, &busy)).collect();
    assert_eq!(first.len(), 2, "another endpoint answers");
    for line in ["POST /payments/1", "GET /payments/1", "GET /"] {
        assert_eq!(example.ask(line, ANY, &busy).status, 503, "{line}");
    }
}

fn rewrites(example: &Example) {
    let rows = [
        ("GET /api/users?x=1", 3001, "GET /users?x=1", ANY),
        ("GET /api", 3001, "GET /", ANY),
        ("GET /v1/users", 3001, "GET /legacy/users", "legacy.internal"),
        ("GET /v1", 3001, "GET /legacy", "legacy.internal"),
        ("GET /app/any/page?x", 3002, "GET /index.html?x", ANY),
        ("GET /item-42", 3001, "GET /items/42", ANY),
        ("GET /item-x", 3002, "GET /item-x", ANY),
    ];
    for (line, port, seen, host) in rows {
        let response = example.ask(line, ANY, &[]);
        assert_eq!(response.value("x-port"), Some(port.to_string().as_str()), "{line}");
        assert!(response.text().starts_with(&format!("{seen} HTTP/1.1\r\n")), "{line}: {}", response.text());
        let fields = response.text().to_lowercase();
        let hosts: Vec<_> = fields.lines().filter_map(|field| field.strip_prefix("host: ")).collect();
        assert_eq!(hosts, [host], "{line}");
    }
}

fn proxy_protocol(example: &Example) {
    let who = |listener: &str, client: &str| {
        let mut connection = Client::connect(example.proxy.address(listener));
        connection.send(format!(
            "PROXY TCP4 {client} 198.51.100.1 40000 80\r\nGET / HTTP/1.1\r\nHost: {ANY}\r\n\r\n"
        ));
        connection.response().expect("an answer").value("x-port").map(str::to_owned)
    };
    assert_eq!(who("web", "192.0.2.7").as_deref(), Some("3002"));
    assert_eq!(who("web", "203.0.113.7").as_deref(), Some("3001"));
    assert_eq!(who("postgres", "192.0.2.7").as_deref(), Some("3003"));
}

fn http2(example: &Example) {
    let who = |version: &str, path: &str| {
        let url = format!("http://{}{path}", example.proxy.address("web"));
        let output =
            Command::new("curl").args(["-sS", "-i", "--max-time", "20", version, "-d", "a", &url]).output();
        String::from_utf8(output.expect("curl is installed by ./dev test").stdout).unwrap()
    };
    for (version, first) in [("--http2-prior-knowledge", "HTTP/2 200"), ("--http1.1", "HTTP/1.1 200")] {
        for (path, port) in [("/uploads/a", "3002"), ("/", "3001")] {
            let answer = who(version, path).to_ascii_lowercase();
            assert!(answer.starts_with(&first.to_ascii_lowercase()), "{answer}");
            assert!(answer.contains(&format!("x-port: {port}")), "{answer}");
        }
    }
}

fn grpc(example: &Example) {
    let call = |path: &str| {
        let answer = example.ask(
            &format!("POST {path}"),
            ANY,
            &["Content-Type: application/grpc", "Content-Length: 0"],
        );
        let value = |name| answer.value(name).unwrap_or_default().to_owned();
        (value("grpc-status"), value("grpc-message"))
    };
    let told = |status: &str, message: &str| (status.to_owned(), message.to_owned());
    // the endpoints here speak HTTP/1.1, so what goes to them gets no answer
    for method in ["Create", "Get", "Watch"] {
        assert_eq!(call(&format!("/shop.v1.Orders/{method}")), told("13", "502 bad-response"));
    }
    assert_eq!(call("/shop.v1.Reports/Daily"), told("14", "reports are back at noon"));
    assert_eq!(call("/shop.v1.Ledger/Book"), told("7", "not from outside"));
    assert_eq!(call("/shop.v1.Other/Get"), told("12", "404 no-path"));
    assert_eq!(example.ask("GET /shop.v1.Orders/Get", ANY, &[]).value("x-towpath-reason"), Some("no-method"));
}

fn health(example: &Example) {
    let count = |cluster: &str, state: &str, count: f64| {
        let name = format!("towpath_health_endpoints{{cluster=\"{cluster}\",health=\"{state}\"}}");
        example.proxy.await_metric(&name, count);
    };
    count("app", "healthy", 2.0);
    count("files", "healthy", 1.0);
    assert_eq!(example.who("GET /files/a", ANY, &[]), 3004);
    assert!([3001, 3002].contains(&example.who("GET /", ANY, &[])));
    // the endpoint here speaks no gRPC
    count("orders", "unhealthy", 1.0);
    let answer = example.ask("GET /orders.v1.Orders/Get", ANY, &[]);
    assert_eq!((answer.status, answer.value("x-towpath-reason")), (503, Some("no-healthy-endpoint")));
}

fn admission(example: &Example) {
    for path in ["/checkout/1", "/"] {
        assert_eq!(example.who(&format!("GET {path}"), ANY, &[]), 3001);
    }
    example.proxy.await_metric("towpath_admission_successes_total{cluster=\"app\"}", 2.0);
    assert_eq!(example.proxy.metric("towpath_admission_turned_away_ratio{cluster=\"app\"}"), Some(0.0));
}

fn importance(example: &Example) {
    for path in ["/checkout/1", "/export", "/"] {
        assert_eq!(example.who(&format!("GET {path}"), ANY, &[]), 3001);
    }
    let limit = "towpath_cluster_requests_limit{cluster=\"app\"}";
    assert_eq!(example.proxy.metric(limit), Some(100.0));
}

fn http2_upstream(example: &Example) {
    let ask = |path: &str| get(example.proxy.address("web"), path).expect("an answer");
    assert_eq!(ask("/").value("x-port"), Some("3001"));
    // the endpoints here speak HTTP/1.1, so they get no request
    let answer = ask("/orders.v1.Orders/Get");
    assert_eq!((answer.status, answer.value("x-towpath-reason")), (502, Some("bad-response")));
}

fn tcp(example: &Example) {
    let who = |listener: &str| {
        let response = get(example.proxy.address(listener), "/").expect("an answer through the tunnel");
        response.value("x-port").expect("an upstream's answer").parse::<u16>().unwrap()
    };
    assert_eq!(who("postgres"), 3001, "not from the network of the analysts");
    let redis = who("redis");
    assert!([3003, 3004].contains(&redis));
    assert!((0..10).all(|_| who("redis") == redis), "the same source, the same server");
}

fn websocket(example: &Example) {
    let upgrade = ["Connection: upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x"];
    let chat = example.who("GET /chat/a", ANY, &upgrade);
    assert!([3003, 3004].contains(&chat), "{chat}");
    assert_eq!(example.who("GET /chat/a", ANY, &[]), 3002, "no wish for WebSocket");
    assert_eq!(example.who("GET /", ANY, &[]), 3001);
    let seen = example.ask("GET /chat/a", ANY, &upgrade).text().to_ascii_lowercase();
    assert!(seen.contains("connection: upgrade\r\n") && seen.contains("upgrade: websocket\r\n"), "{seen}");
}

fn unix_sockets(example: &Example) {
    assert_eq!(example.who("GET /", ANY, &[]), 3001);
    assert_eq!(example.who("GET /operators/a", ANY, &[]), 3001, "not by TCP");
    let mut client = Client::connect_to(&example.sockets.folder.path().join("web.sock"));
    for (path, upstream) in [("/operators/a", "/run/legacy.sock"), ("/", "3001")] {
        client.send(format!("GET {path} HTTP/1.1\r\nHost: {ANY}\r\n\r\n"));
        assert_eq!(client.response().unwrap().value("x-port"), Some(upstream), "{path}");
    }
}
