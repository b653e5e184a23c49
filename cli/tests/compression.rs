//! Compression of answers: what real clients decode, what is not delayed, what breaks off, what is left alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::io::Read;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};

use support::{Call, Client, Next, Proxy, Response, Upstream, wait};

const ALGORITHMS: [&str; 3] = ["zstd", "br", "gzip"];

/// A proxy before an upstream with this script; `rules` is the value of `compression`, `process` more keys of `proxy`.
fn start(
    rules: &str,
    process: &str,
    script: impl Fn(&mut Call<'_>) -> Next + Send + Sync + 'static,
) -> (Upstream, Proxy) {
    let upstream = Upstream::start(script);
    let proxy = Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1{process}}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\", explain_from: 127.0.0.1}}}}\n\
         defaults: {{compression: {rules}}}\n\
         routes: {{all: {{to: app}}}}\n\
         clusters: {{app: {{endpoints: [\"{}\"]}}}}\n",
        upstream.address()
    ));
    (upstream, proxy)
}

/// Text of so many octets, in which something comes again now and then.
fn text(length: usize) -> String {
    let words = (0..).map(|number: usize| {
        format!("{{\"id\":{},\"name\":\"user {}\"}},\n", number * 7919 % 100_003, number % 97)
    });
    let mut text = String::with_capacity(length + 64);
    words
        .take_while(|word| {
            let room = text.len() < length;
            if room {
                text.push_str(word);
            }
            room
        })
        .for_each(drop);
    text.truncate(length);
    text
}

/// Answers `/length/LENGTH` with text of that length, and with more headers from the request's `x-answer`.
fn tell(call: &mut Call<'_>) -> Next {
    if call.body().is_none() {
        return Next::Close;
    }
    let length = call.path().rsplit('/').next().and_then(|length| length.parse().ok()).unwrap_or_default();
    let body = if call.head.line.starts_with("HEAD") { String::new() } else { text(length) };
    let more = call.head.value("x-answer").unwrap_or("Content-Type: application/json").replace('|', "\r\n");
    if call.path().starts_with("/chunked/") {
        call.send(format!("HTTP/1.1 200 OK\r\n{more}\r\nTransfer-Encoding: chunked\r\n\r\n"));
        for chunk in body.as_bytes().chunks(10_007) {
            call.send(format!("{:x}\r\n", chunk.len())).send(chunk).send("\r\n");
        }
        call.send("0\r\nX-Sum: 1\r\n\r\n");
    } else {
        call.send(format!("HTTP/1.1 200 OK\r\n{more}\r\nContent-Length: {length}\r\n\r\n{body}"));
    }
    Next::Keep
}

fn ask(proxy: &Proxy, line: &str, fields: &str) -> Response {
    let mut client = Client::connect(proxy.address("web"));
    client.send(format!("{line} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n{fields}\r\n"));
    client.response_to(line.split(' ').next().unwrap()).unwrap()
}

fn run_curl(proxy: &Proxy, arguments: &[&str], path: &str) -> Output {
    let url = format!("http://{}{path}", proxy.address("web"));
    let curl = Command::new("curl").args(["-sS", "--max-time", "20"]).args(arguments).arg(url).output();
    curl.expect("curl is installed by ./dev test")
}

fn unzipped(body: &[u8]) -> (String, bool) {
    let mut plain = Vec::new();
    let whole = flate2::read::GzDecoder::new(body).read_to_end(&mut plain).is_ok();
    (String::from_utf8(plain).unwrap(), whole)
}

#[test]
fn what_curl_decodes_is_what_the_upstream_said() {
    let (_upstream, proxy) = start("{}", "", tell);
    for version in ["--http1.1", "--http2-prior-knowledge", "--http1.0"] {
        for algorithm in ALGORITHMS {
            for path in ["/length/1024", "/length/300000", "/chunked/10", "/chunked/300000"] {
                let accepted = format!("Accept-Encoding: {algorithm}");
                let size = &["-w", "%{stderr}%{size_download}"];
                let curl = run_curl(
                    &proxy,
                    &[&[version, "--compressed", "-H", &accepted], &size[..]].concat(),
                    path,
                );
                let length: usize = path.rsplit('/').next().unwrap().parse().unwrap();
                let named =
                    format!("{version} {algorithm} {path}: {}", String::from_utf8_lossy(&curl.stderr));
                assert!(curl.status.success(), "{named}");
                assert!(curl.stdout == text(length).as_bytes(), "{named}");
                let passed: usize = String::from_utf8_lossy(&curl.stderr).trim().parse().unwrap();
                assert!(length < 1000 || passed < length / 2, "{named}");
            }
        }
    }
    for algorithm in ALGORITHMS {
        proxy.await_metric(&format!("towpath_compressed_answers_total{{algorithm=\"{algorithm}\"}}"), 12.0);
        let before = 3.0 * (1024.0 + 300_000.0 + 10.0 + 300_000.0);
        proxy.await_metric(
            &format!("towpath_compression_input_bytes_total{{algorithm=\"{algorithm}\"}}"),
            before,
        );
        let after =
            proxy.metric(&format!("towpath_compression_output_bytes_total{{algorithm=\"{algorithm}\"}}"));
        assert!(after.is_some_and(|after| after > 0.0 && after < before / 2.0), "{after:?}");
    }
    proxy.await_metric("towpath_compression_memory_bytes", 0.0);
}

#[test]
fn heads_say_what_is_so() {
    let (_upstream, proxy) = start("gzip", "", tell);
    const ZIP: &str = "Accept-Encoding: gzip\r\n";
    const FULL: &str =
        "Content-Type: text/html|ETag: \"v1\"|Accept-Ranges: bytes|Content-Digest: sha-256=:x:|Vary: Cookie";
    let answer = ask(&proxy, "GET /length/5000", &format!("{ZIP}X-Answer: {FULL}\r\n"));
    assert_eq!(answer.value("content-encoding"), Some("gzip"));
    assert_eq!(answer.value("content-length"), None);
    assert_eq!(answer.value("etag"), Some("W/\"v1\""));
    assert_eq!(answer.values("vary"), ["Cookie", "accept-encoding"]);
    assert_eq!((answer.value("accept-ranges"), answer.value("content-digest")), (None, None));
    assert_eq!(unzipped(&answer.body), (text(5000), true));
    // the same head without the body
    let head = ask(&proxy, "HEAD /length/5000", &format!("{ZIP}X-Answer: {FULL}\r\n"));
    let fields = |answer: &Response| {
        let plain = answer.head.fields.iter().filter(|(name, _)| name != "transfer-encoding");
        plain.cloned().collect::<Vec<_>>()
    };
    assert_eq!(fields(&head), fields(&answer));
    // what could have been compressed says so
    let plain = ask(&proxy, "GET /length/5000", &format!("X-Answer: {FULL}\r\n"));
    assert_eq!(
        (plain.value("etag"), plain.values("vary")),
        (Some("\"v1\""), vec!["Cookie", "accept-encoding"])
    );
    assert_eq!((plain.value("content-length"), plain.text()), (Some("5000"), text(5000)));
    // trailers come along
    assert_eq!(ask(&proxy, "GET /chunked/9", ZIP).trailers, [("X-Sum".to_owned(), "1".to_owned())]);
}

#[test]
fn what_is_not_worth_it_or_not_allowed_is_passed_on_as_it_is() {
    let (_upstream, proxy) = start("{}", "", tell);
    let all = "Accept-Encoding: zstd, br, gzip\r\nX-Towpath-Explain: 1\r\n";
    let table = [
        ("GET /length/5000", "", "not-accepted"),
        ("GET /length/1023", all, "size"),
        ("GET /length/5000", "X-Answer: Content-Type: image/png\r\n", "type"),
        ("GET /length/5000", "X-Answer: Content-Type: application/grpc\r\n", "type"),
        ("GET /length/5000", "X-Answer: Content-Type: text/event-stream\r\n", "type"),
        ("GET /length/5000", "X-Answer: Content-Type: text/html|Content-Encoding: br\r\n", "encoded"),
        (
            "GET /length/5000",
            "X-Answer: Content-Type: text/html|Cache-Control: no-transform\r\n",
            "no-transform",
        ),
        ("GET /length/5000", "Cache-Control: no-transform\r\n", "no-transform"),
    ];
    for (number, (line, fields, reason)) in table.into_iter().enumerate() {
        let fields = if reason == "not-accepted" {
            "X-Towpath-Explain: 1\r\n".to_owned()
        } else {
            format!("{all}{fields}")
        };
        let answer = ask(&proxy, line, &fields);
        let length: usize = line.rsplit('/').next().unwrap().parse().unwrap();
        assert_eq!(answer.text(), text(length), "{number}: {reason}");
        let explained = answer.value("x-towpath-explain").unwrap();
        assert!(explained.contains(&format!("; compression={reason}")), "{explained}");
        let counted = table.iter().take(number + 1).filter(|(_, _, other)| *other == reason).count();
        proxy.await_metric(
            &format!("towpath_compression_skipped_total{{reason=\"{reason}\"}}"),
            counted as f64,
        );
    }
    let answer = ask(&proxy, "GET /length/5000", all);
    assert!(answer.value("x-towpath-explain").unwrap().contains("; compression=zstd"), "{answer:?}");
}

/// An upstream that sends an event, waits to be told, and sends another; the second one is the end unless it breaks.
fn events(breaks: bool) -> (Sender<()>, impl Fn(&mut Call<'_>) -> Next + Send + Sync) {
    let (tell, told) = channel();
    let told = Mutex::new(told);
    let script = move |call: &mut Call<'_>| {
        call.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        call.send("9\r\ndata: 1\n\n\r\n");
        wait(&told);
        if breaks {
            return Next::Close;
        }
        call.send("9\r\ndata: 2\n\n\r\n0\r\n\r\n");
        Next::Keep
    };
    (tell, script)
}

const EVENTS: &str = "{types: text/event-stream, algorithms: gzip}";

/// Asks for events, and gives what came of the body once the first of them can be decoded.
fn first_event(proxy: &Proxy) -> (Client, Vec<u8>) {
    let mut client = Client::connect(proxy.address("web"));
    client.send("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    let answer = client.head().unwrap();
    assert_eq!(answer.value("content-encoding"), Some("gzip"), "{answer:?}");
    let mut body = Vec::new();
    while unzipped(&body).0 != "data: 1\n\n" {
        let size = client.wire().take_until(b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&size).unwrap().trim(), 16).unwrap();
        body.extend(client.wire().take(size + 2).unwrap().drain(..size));
    }
    (client, body)
}

#[test]
fn an_event_is_not_held_back() {
    let (tell, script) = events(false);
    let (_upstream, proxy) = start(EVENTS, "", script);
    let (mut client, mut body) = first_event(&proxy);
    assert!(proxy.metric("towpath_compression_memory_bytes").is_some_and(|held| held > 0.0));
    tell.send(()).unwrap();
    body.extend(client.wire().chunked().unwrap().0);
    assert_eq!(unzipped(&body), ("data: 1\n\ndata: 2\n\n".to_owned(), true));
    proxy.await_metric("towpath_compression_memory_bytes", 0.0);
}

#[test]
fn an_answer_that_breaks_off_has_no_valid_end() {
    let (tell, script) = events(true);
    let (_upstream, proxy) = start(EVENTS, "", script);
    let (mut client, mut body) = first_event(&proxy);
    tell.send(()).unwrap();
    let (rest, _) = client.wire().chunked().expect_err("the last chunk never comes");
    body.extend(rest);
    assert_eq!(unzipped(&body), ("data: 1\n\n".to_owned(), false));
    proxy.await_metric("towpath_compression_memory_bytes", 0.0);
    // over HTTP/2 the stream is reset
    tell.send(()).unwrap();
    let arguments = ["--http2-prior-knowledge", "-N", "-H", "Accept-Encoding: gzip"];
    let curl = run_curl(&proxy, &arguments, "/");
    assert_eq!(curl.status.code(), Some(92), "{}", String::from_utf8_lossy(&curl.stderr));
    assert!(!unzipped(&curl.stdout).1);
}

#[test]
fn who_goes_away_leaves_nothing_behind() {
    let (_upstream, proxy) = start("gzip", "", tell);
    let mut client = Client::connect(proxy.address("web"));
    client.send("GET /chunked/30000000 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    assert_eq!(client.head().unwrap().value("content-encoding"), Some("gzip"));
    // with the rest unread, the connection is reset
    drop(client);
    proxy.line("the broken answer", |line| line.contains("reason=client-gone").then_some(()));
    proxy.await_metric("towpath_compression_memory_bytes", 0.0);
}

#[test]
fn what_compressors_may_hold_has_its_limit() {
    let (tell, script) = events(false);
    let rules = "{types: [text/event-stream, application/json], algorithms: zstd, levels: {zstd: 5}}";
    let (_upstream, proxy) = start(rules, ", limits: {compression_bytes: 4MiB}", script);
    let fields = "Accept-Encoding: zstd\r\n";
    let request = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    let mut first = Client::connect(proxy.address("web"));
    first.send(&request);
    assert_eq!(first.head().unwrap().value("content-encoding"), Some("zstd"));
    let mut second = Client::connect(proxy.address("web"));
    second.send(&request);
    let passed = second.head().unwrap();
    assert_eq!((passed.value("content-encoding"), passed.values("vary")), (None, vec!["accept-encoding"]));
    proxy.await_metric("towpath_compression_skipped_total{reason=\"memory\"}", 1.0);
    for _ in 0..2 {
        tell.send(()).unwrap();
    }
    let second = second.body("GET", passed).unwrap();
    assert_eq!(second.text(), "data: 1\n\ndata: 2\n\n");
    first.wire().chunked().unwrap();
    proxy.await_metric("towpath_compression_memory_bytes", 0.0);
}

#[test]
fn a_log_has_the_algorithm_and_both_lengths() {
    let log = ", access_log: {to: stdout, template: \"line %{path} [%{compression}] %{uncompressed-bytes} %{response-bytes}\"}";
    let (_upstream, proxy) = start("{}", log, tell);
    let body = ask(&proxy, "GET /length/5000", "Accept-Encoding: br\r\n").body.len();
    ask(&proxy, "GET /length/5001", "");
    let line = |path: &str| {
        proxy.line(path, |line| line.starts_with(&format!("line {path} ")).then(|| line.to_owned()))
    };
    assert_eq!(line("/length/5000"), format!("line /length/5000 [br] 5000 {body}"));
    assert_eq!(line("/length/5001"), "line /length/5001 [-] - 5001");
}

#[test]
fn explain_says_it_beforehand() {
    let (_upstream, proxy) = start("{algorithms: [br, gzip], levels: {br: 1}}", "", tell);
    let explain = |accepted: &str| {
        let admin = proxy.admin().to_string();
        let arguments = ["explain", "--admin", &admin, "http://shop.test/", "-H", accepted];
        let output = Command::new(env!("CARGO_BIN_EXE_towpath")).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let said = explain("accept-encoding: gzip, br;q=0.5");
    assert!(said.contains("gzip, which this client likes best (line 3)"), "{said}");
    assert!(said.contains("br (level 1), gzip (level 5) (line 3)"), "{said}");
    let said = explain("accept-encoding: deflate");
    assert!(said.contains("none, since this client accepts none of the algorithms (line 3)"), "{said}");
}
