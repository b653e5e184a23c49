use super::*;

fn asked(head: bool, keep_alive: bool, wish: Option<&str>) -> Event {
    Event::Asked(Question { head, keep_alive, wish: wish.map(str::to_owned), grpc: false })
}

/// All events of the bytes, read in pieces of so many.
fn events(bytes: &[u8], piece: usize) -> Result<Vec<Event>, Malformed> {
    let mut questions = Questions::default();
    let mut events = Vec::new();
    for mut part in bytes.chunks(piece) {
        loop {
            match questions.take(&mut part)? {
                Event::Partial => break,
                event => events.push(event),
            }
        }
        assert!(part.is_empty(), "all is read before more is wanted");
    }
    Ok(events)
}

#[test]
fn questions_are_found_in_whatever_pieces() {
    let rows: Vec<(&str, Vec<Event>)> = vec![
        ("GET / HTTP/1.1\r\nhost: a\r\n\r\n", vec![asked(false, true, None)]),
        ("GET / HTTP/1.0\r\n\r\n", vec![asked(false, false, None)]),
        (
            "HEAD / HTTP/1.1\r\nconnection: close\r\nX-Load: delay=1ms,reset\r\n\r\n",
            vec![asked(true, false, Some("delay=1ms,reset"))],
        ),
        (
            "GET /?x-load=status=503 HTTP/1.1\r\n\r\nGET /a?b=c&x-load=trickle%3D1%2f5ms%2 HTTP/1.1\r\n\r\n",
            vec![asked(false, true, Some("status=503")), asked(false, true, Some("trickle=1/5ms%2"))],
        ),
        ("GET /x-load=reset?a=x-load HTTP/1.1\r\n\r\n", vec![asked(false, true, None)]),
        (
            "POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabcPOST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
            vec![asked(false, true, None), asked(false, true, None)],
        ),
        (
            "PUT / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\na",
            vec![Event::Expects, asked(false, true, None)],
        ),
        ("PUT / HTTP/1.1\r\nexpect: 100-continue\r\n\r\n", vec![asked(false, true, None)]),
    ];
    for (text, wanted) in rows {
        for piece in 1..=text.len() {
            assert_eq!(events(text.as_bytes(), piece).as_ref(), Ok(&wanted), "{text:?} in {piece}s");
        }
    }
}

#[test]
fn what_is_no_question_is_refused() {
    let bad = [
        "\x16\x03\x01\x02\x00\x01",
        "GET / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
        "GET / HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n",
        "GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nx",
    ];
    for text in bad {
        assert_eq!(events(text.as_bytes(), 100), Err(Malformed), "{text:?}");
    }
}
