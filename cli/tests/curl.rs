//! What a real client gets: curl in front, the proxy between.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::process::Command;

use support::{Call, Next, Proxy, Upstream};

/// Answers with the request line and the length of the body, chunked for paths under `/chunked`.
fn tell(call: &mut Call<'_>) -> Next {
    let body = call.body().unwrap_or_default();
    let line = call.head.line.clone();
    if line.starts_with("HEAD") {
        call.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
        return Next::Keep;
    }
    let text = format!("{line} {}\n", body.len());
    if call.path().starts_with("/chunked") {
        let chunks = text.bytes().map(|byte| format!("1\r\n{}\r\n", char::from(byte))).collect::<String>();
        call.send(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"));
    } else {
        call.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len()));
    }
    Next::Keep
}

/// What curl prints for these arguments; it must succeed.
fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl").args(["-sS", "--max-time", "20"]).args(arguments).output();
    let output = output.expect("curl is installed by ./dev test");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn curl_is_served_in_all_its_ways() {
    let upstream = Upstream::start(tell);
    let proxy = Proxy::in_front_of(upstream.address(), "", "");
    let url = |path: &str| format!("http://{}{path}", proxy.address("web"));
    let file = proxy.folder().join("upload");
    std::fs::write(&file, vec![b'x'; 300_000]).unwrap();
    let upload = format!("@{}", file.display());
    let table: [(&[&str], &str, &str); 9] = [
        (&[], "/plain?a=b", "GET /plain?a=b HTTP/1.1 0\n"),
        (&["--http1.0"], "/old", "GET /old HTTP/1.1 0\n"),
        (&["--http1.0"], "/chunked/old", "GET /chunked/old HTTP/1.1 0\n"),
        (&["--path-as-is"], "/a/../b/./c", "GET /b/c HTTP/1.1 0\n"),
        (&["--data-binary", &upload], "/expect", "POST /expect HTTP/1.1 300000\n"),
        (
            &["--data-binary", &upload, "-H", "Transfer-Encoding: chunked"],
            "/te",
            "POST /te HTTP/1.1 300000\n",
        ),
        (&["-X", "DELETE"], "/chunked/x", "DELETE /chunked/x HTTP/1.1 0\n"),
        (&["-I", "-o", "/dev/null", "-w", "%{http_code} %{size_download}"], "/head", "200 0"),
        (&["-o", "/dev/null", "-w", "%{http_code}"], "/%zz", "400"),
    ];
    for (arguments, path, expected) in table {
        let url = url(path);
        assert_eq!(curl(&[arguments, &[url.as_str()]].concat()), expected, "{arguments:?} {path}");
    }
}

#[test]
fn curl_keeps_its_connection() {
    let upstream = Upstream::start(tell);
    let proxy = Proxy::in_front_of(upstream.address(), "", "");
    let url = format!("http://{}/[1-50]", proxy.address("web"));
    let connects = curl(&["-o", "/dev/null", "-w", "%{num_connects}\n", &url]);
    let made: usize = connects.lines().map(|line| line.parse::<usize>().unwrap()).sum();
    assert_eq!((connects.lines().count(), made), (50, 1));
    assert_eq!(upstream.drain().len(), 50);
    assert_eq!(upstream.connections(), 1, "and so does the proxy");
}
