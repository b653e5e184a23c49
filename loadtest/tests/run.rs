//! `towpath-load run` against `towpath-load serve`, and against servers that err.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::fs;

use serde_json::{Value, json};

use support::{Served, count, figures, load, number, saying, sent};

/// A short open loop: 200 requests.
const SHORT: [&str; 6] = ["--rate", "1000", "--duration", "200ms", "--connections", "8"];

#[test]
fn counts_add_up() {
    let served = Served::start(&["--version", "v9", "--size", "7", "--fail", "25%"]);
    let figures = figures(&served.url("/{1..3}"), &SHORT);
    let requests = sent(&figures, 200);
    let [ok, failed] = ["/ok", "/statuses/500"].map(|name| count(&figures, name));
    assert_eq!(ok + failed, requests, "{figures:#}");
    assert_eq!(count(&figures, "/statuses/200"), ok);
    assert_eq!(count(&figures, "/versions/v9"), requests);
    assert_eq!(count(&figures, "/bytes_in"), 7 * requests);
    let bars = figures["histogram"].as_array().unwrap();
    assert_eq!(bars.iter().map(|bar| bar[1].as_u64().unwrap()).sum::<u64>(), requests);
    assert_eq!(bars.last().unwrap()[0], figures["latency_us"]["max"]);
}

#[test]
fn the_fields_of_the_figures_are_these() {
    let served = Served::start(&[]);
    let figures = figures(&served.url("/"), &SHORT);
    let names: Vec<_> = figures.as_object().unwrap().keys().map(String::as_str).collect();
    let wanted = [
        "url",
        "mode",
        "connections",
        "streams",
        "threads",
        "began",
        "cpu_seconds",
        "rate_wanted",
        "rate_got",
        "seconds",
        "requests",
        "ok",
        "errors",
        "late",
        "statuses",
        "grpc_statuses",
        "versions",
        "bytes_in",
        "bytes_out",
        "latency_us",
        "histogram",
        "steps",
    ];
    assert_eq!(names, wanted);
    assert_eq!((&figures["mode"], &figures["rate_wanted"]), (&json!("open"), &json!(1000.0)));
    assert_eq!(figures["errors"], json!({"connect": 0, "reset": 0, "timeout": 0, "malformed": 0}));
    let latency: Vec<_> = figures["latency_us"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(latency, ["min", "mean", "p50", "p90", "p99", "p999", "max"]);
}

#[test]
fn threads_share_the_rate_and_the_connections() {
    let served = Served::start(&["--threads", "2"]);
    let figures = figures(&served.url("/"), &[&SHORT[..], &["--threads", "3"]].concat());
    assert_eq!(count(&figures, "/ok"), sent(&figures, 200), "{figures:#}");
}

#[test]
fn steps_are_counted_apart() {
    let served = Served::start(&[]);
    let figures = figures(&served.url("/"), &["--rate", "100:300/100", "--step", "100ms"]);
    assert_eq!((&figures["mode"], count(&figures, "/ok")), (&json!("stepped"), sent(&figures, 60)));
    let steps = figures["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 3, "{figures:#}");
    assert!(steps.iter().zip([10, 20, 30]).all(|(step, planned)| sent(step, planned) <= planned));
    assert_eq!(
        steps.iter().map(|step| number(step, "/rate_wanted")).collect::<Vec<_>>(),
        [100.0, 200.0, 300.0]
    );
}

#[test]
fn stretches_of_one_rate_are_counted_apart() {
    let served = Served::start(&[]);
    let figures = figures(&served.url("/"), &["--rate", "200", "--duration", "300ms", "--every", "100ms"]);
    assert_eq!((&figures["mode"], count(&figures, "/ok")), (&json!("open"), sent(&figures, 60)));
    let stretches = figures["steps"].as_array().unwrap();
    assert_eq!(stretches.len(), 3, "{figures:#}");
    assert!(stretches.iter().all(|stretch| sent(stretch, 20) <= 20), "{figures:#}");
    let answers = |of: &Value| {
        let bars = of["histogram"].as_array().unwrap().iter();
        bars.map(|bar| bar[1].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!(stretches.iter().map(answers).sum::<u64>(), answers(&figures));
    for uneven in [["--duration", "1s", "--every", "300ms"], ["--duration", "1s", "--every", "1ms"]] {
        let ran = load(&[&["run", &served.url("/")], &uneven[..]].concat());
        assert!(ran.code == 2 && ran.stderr.contains("--every does not divide --duration"), "{ran:?}");
    }
    let ran = load(&["run", &served.url("/"), "--rate", "1:3/1", "--every", "1s"]);
    assert!(ran.code == 2 && ran.stderr.contains("--every wants one rate"), "{ran:?}");
}

#[test]
fn an_open_loop_sees_how_long_a_slow_server_lets_wait() {
    let served = Served::start(&["--delay", "20ms"]);
    // twice as many as one connection can have answered
    let figures = figures(&served.url("/"), &["--rate", "100", "--duration", "500ms", "--connections", "1"]);
    // request n cannot be answered before 20 (n + 1) ms, and should have been sent at 10 n ms
    assert!(number(&figures, "/latency_us/max") > 200_000.0, "{figures:#}");
    assert!(sent(&figures, 50) < 50, "what was never sent is told: {figures:#}");
}

#[test]
fn one_stall_is_seen_by_all_that_should_have_been_sent_meanwhile() {
    let served = Served::start(&[]);
    // one request of a hundred stands still for 100 ms, in which ten others fall due
    let slow = "/?x-load=delay=100ms";
    let paths: Vec<_> =
        (0..100).flat_map(|number| ["--path", if number == 10 { slow } else { "/" }]).collect();
    let pace = ["--rate", "100", "--duration", "1s", "--connections", "1"];
    let figures = figures(&served.url("/"), &[&pace[..], &paths].concat());
    let waited =
        figures["histogram"].as_array().unwrap().iter().filter(|bar| bar[0].as_f64() > Some(30_000.0));
    let waited: u64 = waited.map(|bar| bar[1].as_u64().unwrap()).sum();
    // itself, and those due 10, 20 … 60 ms after it
    assert!(waited >= 7, "{waited} waited: {figures:#}");
}

#[test]
fn a_closed_loop_asks_as_fast_as_it_is_answered() {
    let served = Served::start(&["--delay", "20ms"]);
    let figures = figures(&served.url("/"), &["--closed", "--duration", "300ms", "--connections", "2"]);
    assert_eq!((&figures["mode"], &figures["rate_wanted"]), (&json!("closed"), &Value::Null));
    let requests = count(&figures, "/requests");
    assert!((2..=32).contains(&requests), "two connections, at most 16 each: {figures:#}");
    assert_eq!(count(&figures, "/late"), 0);
}

#[test]
fn a_warm_up_is_not_counted() {
    let served = Served::start(&[]);
    let ran = load(&[&["run", &served.url("/"), "--warmup", "300ms", "--json", "-"], &SHORT[..]].concat());
    sent(&ran.figures(), 200);
}

#[test]
fn connections_that_close_are_opened_again() {
    let closing = Served::start(&["--close-after", "3"]);
    let by_end = saying(b"HTTP/1.1 200 OK\r\n\r\nuntil the end");
    let old = saying(b"HTTP/1.0 200 OK\r\ncontent-length: 3\r\n\r\nold");
    for url in [closing.url("/"), format!("http://{by_end}/"), format!("http://{old}/")] {
        let figures = figures(&url, &SHORT);
        assert_eq!(count(&figures, "/ok"), sent(&figures, 200), "{url}: {figures:#}");
    }
}

#[test]
fn bodies_are_sent_and_counted() {
    let served = Served::start(&["--size", "1MiB"]);
    let asking = ["--method", "POST", "--body-size", "300KiB", "--rate", "20", "--duration", "200ms"];
    let figures = figures(&served.url("/"), &asking);
    let requests = sent(&figures, 4);
    assert_eq!(count(&figures, "/ok"), requests, "{figures:#}");
    let bytes = (count(&figures, "/bytes_out"), count(&figures, "/bytes_in"));
    assert_eq!(bytes, (requests * (300 << 10), requests << 20));
}

#[test]
fn answers_without_a_body_are_whole() {
    let served = Served::start(&[]);
    let asking =
        ["--path", "/?x-load=status=204", "--path", "/?x-load=status=304", "--path", "/?x-load=size=0"];
    for method in ["GET", "HEAD"] {
        let figures = figures(&served.url("/"), &[&SHORT[..], &asking, &["--method", method]].concat());
        let requests = sent(&figures, 200);
        assert_eq!((count(&figures, "/ok"), count(&figures, "/bytes_in")), (requests, 0), "{figures:#}");
    }
}

#[test]
fn faults_are_counted_by_kind() {
    let served = Served::start(&[]);
    let strange = saying(b"220 mail.example.com ESMTP\r\n");
    let more = saying(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nmore");
    let cut = saying(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ncut");
    let rows = [
        (served.url("/?x-load=reset"), "reset"),
        (format!("http://{cut}/"), "reset"),
        (served.url("/?x-load=delay=1h"), "timeout"),
        (served.url("/?x-load=trickle=1/1h"), "timeout"),
        (format!("http://{strange}/"), "malformed"),
        (format!("http://{more}/"), "malformed"),
    ];
    for (url, kind) in rows {
        let pace =
            ["--rate", "100", "--duration", "50ms", "--timeout", "200ms", "--warmup", "0s", "--json", "-"];
        let ran = load(&[&["run", &url], &pace[..]].concat());
        let figures = ran.figures();
        let requests = sent(&figures, 5);
        assert_eq!(count(&figures, &format!("/errors/{kind}")), requests, "{url}: {figures:#}");
        assert_eq!(figures["latency_us"], Value::Null, "{url}");
        assert_eq!(ran.code, 1, "nothing was answered: {url}");
        assert!(ran.stderr.contains(&format!("nothing was answered: {requests} requests")), "{ran:?}");
    }
}

#[test]
fn unix_sockets_are_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("up.sock");
    let path = path.to_str().unwrap();
    let served = Served::start(&["--unix", path]);
    assert_eq!(served.place, format!("unix:{path}"));
    let figures = figures("http://up/", &[&SHORT[..], &["--unix", path]].concat());
    assert_eq!(count(&figures, "/ok"), sent(&figures, 200), "{figures:#}");
}

#[test]
fn the_summary_is_text_and_the_file_is_json() {
    let served = Served::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("figures.json");
    let url = served.url("/");
    let ran = load(&[&["run", &url, "--json", file.to_str().unwrap()], &SHORT[..]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let figures: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let count = sent(&figures, 200);
    let counts = format!("requests {count}  ok {count}  late");
    let [status, version] = ["200", "v1"].map(|name| format!("{name}: {count} (100.00%)"));
    for part in ["of 1000.0 wanted", &counts, &status, &version, "p99.9"] {
        assert!(ran.stdout.contains(part), "{part} in {}", ran.stdout);
    }
    let quiet = load(&[&["run", &url, "--quiet"], &SHORT[..]].concat());
    assert_eq!((quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()), (0, "", ""));
}

#[test]
fn latency_is_drawn() {
    let served = Served::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let pace = ["--rate", "100:300/100", "--step", "100ms", "--warmup", "0s", "--quiet"];
    let draw = |name: &str, pace: &[&str]| {
        let file = folder.path().join(name);
        let ran = load(&[&["run", &served.url("/?a&b"), "--plot", file.to_str().unwrap()], pace].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        fs::read(file).unwrap()
    };
    let svg = String::from_utf8(draw("steps.svg", &pace)).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains("/?a&amp;b</title>"), "{svg}");
    assert!(
        ["100/s", "200/s", "300/s"].iter().all(|label| svg.contains(&format!(">{label}</text>"))),
        "{svg}"
    );
    let png = draw("closed.png", &["--closed", "--duration", "100ms", "--warmup", "0s", "--quiet"]);
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"), "{} bytes", png.len());
}

#[test]
fn what_cannot_be_used_is_refused_before_anything_is_asked() {
    let served = Served::start(&[]);
    let url = served.url("/");
    let url = url.as_str();
    let rows: [(&[&str], &str); 14] = [
        (&["run"], "<URL>"),
        (&["run", "localhost:80"], "has no scheme"),
        (&["run", "https://localhost/"], "only http is spoken"),
        (&["run", url, "--rate", "0"], "is no rate"),
        (&["run", url, "--rate", "10", "--closed"], "cannot be used with"),
        (&["run", url, "--duration", "10"], "write it with its unit"),
        (&["run", url, "--json", "/nowhere/figures.json"], "cannot write /nowhere/figures.json"),
        (&["run", url, "--plot", "latency.pdf"], "must end in .svg or .png"),
        (&["run", url, "--connections", "2", "--threads", "3"], "3 threads share 2 connections"),
        (&["run", url, "--path", "/{1..}"], "a brace that is no range"),
        (&["run", url, "--streams", "2"], "--http2"),
        (&["run", url, "--http2", "--grpc", "--method", "GET"], "cannot be used with"),
        (&["serve", "--fail", "1"], "is no share"),
        (&["serve", "--listen", &served.place], "cannot listen on"),
    ];
    for (arguments, reason) in rows {
        let ran = load(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(reason), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn a_port_where_nobody_listens_is_said_so() {
    let mut served = Served::start(&[]);
    let url = served.url("/");
    served.end(rustix::process::Signal::TERM);
    let ran = load(&["run", &url]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let wanted = format!("error: cannot connect to {}: Connection refused", served.place);
    assert!(ran.stderr.starts_with(&wanted), "{ran:?}");
}
