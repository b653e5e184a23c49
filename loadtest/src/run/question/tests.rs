#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use clap::Parser;

use super::*;
use crate::arguments::{Arguments, Command};

fn made(arguments: &[&str]) -> Result<Questions, String> {
    let all = ["towpath-load", "run", "http://a:81/own"].iter().chain(arguments);
    let Command::Run(run) = Arguments::try_parse_from(all).expect("arguments that can be read").command
    else {
        return Err("not a run".to_owned());
    };
    Questions::made(&run.question, &Url::parse(&run.url)?, run.pace.http2)
}

fn text(questions: &Questions, index: u64) -> String {
    let parts = questions.unsent(index, 0);
    String::from_utf8(parts.iter().flat_map(|part| part.to_vec()).collect()).expect("text")
}

#[test]
fn a_request_is_what_was_asked_for() {
    let rows: [(&[&str], &str); 5] = [
        (&[], "GET /own HTTP/1.1\r\nhost: a:81\r\n\r\n"),
        (&["--header", "Host: b", "--header", "x:y "], "GET /own HTTP/1.1\r\nHost: b\r\nx: y\r\n\r\n"),
        (&["--method", "POST"], "POST /own HTTP/1.1\r\nhost: a:81\r\ncontent-length: 0\r\n\r\n"),
        (
            &["--method", "PUT", "--body-size", "3"],
            "PUT /own HTTP/1.1\r\nhost: a:81\r\ncontent-length: 3\r\n\r\nxxx",
        ),
        (&["--path", "/other?a"], "GET /other?a HTTP/1.1\r\nhost: a:81\r\n\r\n"),
    ];
    for (arguments, wanted) in rows {
        assert_eq!(text(&made(arguments).unwrap(), 0), wanted);
    }
}

#[test]
fn paths_take_turns() {
    let questions = made(&["--path", "/{1..2}", "--path", "/x"]).unwrap();
    let asked: Vec<_> = (0..4).map(|index| text(&questions, index)).collect();
    for (request, path) in asked.iter().zip(["/1", "/2", "/x", "/1"]) {
        assert!(request.starts_with(&format!("GET {path} HTTP")), "{request}");
    }
}

#[test]
fn what_is_left_to_send_is_what_was_not_sent() {
    let questions = made(&["--body-size", "10"]).unwrap();
    let whole = text(&questions, 0);
    assert_eq!(questions.bytes(0), whole.len());
    for sent in 0..=whole.len() {
        let rest: Vec<u8> = questions.unsent(0, sent).iter().flat_map(|part| part.to_vec()).collect();
        assert_eq!(rest, whole.as_bytes()[sent..]);
        assert_eq!(questions.body_bytes_of(0, sent), sent.saturating_sub(whole.len() - 10) as u64);
    }
}

#[test]
fn what_is_no_request_is_refused() {
    let rows: [(&[&str], &str); 9] = [
        (&["--method", "GE T"], "no method"),
        (&["--method", ""], "no method"),
        (&["--header", "nothing"], "no field"),
        (&["--header", "a b: c"], "no field"),
        (&["--header", "a: b\r\nc: d"], "control character"),
        (&["--header", "Content-Length: 3"], "said by the generator"),
        (&["--path", "relative"], "does not begin with `/`"),
        (&["--path", "/a b"], "must be written as %XX"),
        (&["--body-size", "2GiB"], "too large"),
    ];
    for (arguments, reason) in rows {
        let refusal = made(arguments).unwrap_err();
        assert!(refusal.contains(reason), "{refusal}");
    }
}
