use super::*;

fn read(bytes: &[u8], piece: usize, head: bool) -> (Answer, Result<Progress, Malformed>) {
    let asked = Asked { head, version_header: "x-version".to_owned() };
    let mut answer = Answer::default();
    answer.begin();
    let mut progress = Ok(Progress::Partial);
    for part in bytes.chunks(piece) {
        progress = match progress {
            Ok(Progress::Partial) => answer.take(part, &asked),
            Ok(Progress::Whole) => Err(Malformed),
            Err(malformed) => Err(malformed),
        };
    }
    (answer, progress)
}

#[test]
fn answers_are_whole_in_whatever_pieces() {
    let rows: [(&str, u16, u64, bool, &str); 9] = [
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nX-Version: v1\r\n\r\nok", 200, 2, true, "v1"),
        ("HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n", 200, 0, true, ""),
        ("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", 200, 2, false, ""),
        ("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok", 200, 2, true, ""),
        ("HTTP/1.1 503 No\r\nConnection: x, Close\r\ncontent-length: 2\r\n\r\nno", 503, 2, false, ""),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200, 3, true, ""),
        ("HTTP/1.1 204 No Content\r\nx-version: v2\r\n\r\n", 204, 0, true, "v2"),
        ("HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", 304, 0, true, ""),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nx-version: a\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx",
            200,
            1,
            true,
            "",
        ),
    ];
    for (text, status, payload, keep_alive, version) in rows {
        for piece in 1..=text.len() {
            let (answer, progress) = read(text.as_bytes(), piece, false);
            assert_eq!(progress, Ok(Progress::Whole), "{text:?} in {piece}s");
            assert_eq!(answer.status(), Some(status), "{text:?}");
            assert_eq!(answer.payload_bytes(), payload, "{text:?}");
            assert_eq!(answer.keep_alive(), keep_alive, "{text:?}");
            assert_eq!(answer.version(), version.as_bytes(), "{text:?}");
        }
    }
}

#[test]
fn an_answer_to_head_has_no_body() {
    let (_, progress) = read(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n", 9, true);
    assert_eq!(progress, Ok(Progress::Whole));
}

#[test]
fn without_a_length_the_end_of_the_connection_is_the_end() {
    for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n"] {
        let (answer, progress) = read(format!("{head}some").as_bytes(), 100, false);
        assert_eq!(progress, Ok(Progress::Partial));
        assert!(answer.ends_with_connection() && !answer.keep_alive(), "{head:?}");
        assert_eq!(answer.payload_bytes(), 4);
    }
    let (answer, _) = read(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nsome", 100, false);
    assert!(!answer.ends_with_connection());
}

#[test]
fn what_is_no_answer_is_refused() {
    let long = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(70_000));
    let bad = [
        "SSH-2.0-OpenSSH\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        "HTTP/1.1 204 No\r\n\r\nbody",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        &long,
    ];
    for text in bad {
        assert_eq!(read(text.as_bytes(), 4096, false).1, Err(Malformed), "{text:.60}");
    }
}
