use super::*;

fn fields(lines: &[&str]) -> Fields {
    let mut fields = Fields::default();
    for line in lines {
        let (name, value) = line.split_once(": ").expect("a name and a value");
        fields.add(name.as_bytes(), |text| text.extend_from_slice(value.as_bytes()));
    }
    fields
}

fn shown(fields: &Fields, out: &Outgoing) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    out.fields(fields).map(|field| format!("{}: {}", text(field.name), text(field.value))).collect()
}

#[test]
fn what_is_not_so_any_more_is_not_said_any_more() {
    let lines = [
        "Date: now",
        "Content-Length: 5000",
        "ETag: \"a\"",
        "Accept-Ranges: bytes",
        "Content-Encoding: identity",
        "Content-Digest: sha-256=:x:",
        "Repr-Digest: sha-256=:x:",
        "Digest: sha-256=x",
        "Content-MD5: x",
        "Content-Type: text/html",
    ];
    let mut head =
        ResponseHead { fields: fields(&lines), framing: Framing::Length(5000), ..ResponseHead::default() };
    let mut out = Outgoing::default();
    encoded(Algorithm::Brotli, &mut head, &mut out);
    assert_eq!(head.framing, Framing::Chunked);
    let expected = [
        "Date: now",
        "Content-Type: text/html",
        "content-encoding: br",
        "etag: W/\"a\"",
        "vary: accept-encoding",
    ];
    assert_eq!(shown(&head.fields, &out), expected);
}

#[test]
fn a_head_without_a_body_gets_none() {
    let mut head = ResponseHead { fields: fields(&["content-length: 9"]), ..ResponseHead::default() };
    let mut out = Outgoing::default();
    encoded(Algorithm::Gzip, &mut head, &mut out);
    assert_eq!(head.framing, Framing::None);
    assert_eq!(shown(&head.fields, &out), ["content-encoding: gzip", "vary: accept-encoding"]);
}

#[test]
fn vary_is_said_once_and_tags_are_weak_once() {
    let table: [(&[&str], &[&str]); 5] = [
        (&["Vary: Accept-Encoding"], &["Vary: Accept-Encoding"]),
        (&["vary: cookie, ACCEPT-encoding"], &["vary: cookie, ACCEPT-encoding"]),
        (&["vary: *"], &["vary: *"]),
        (&["vary: cookie"], &["vary: cookie", "vary: accept-encoding"]),
        (&["etag: W/\"a\""], &["etag: W/\"a\"", "vary: accept-encoding"]),
    ];
    for (lines, expected) in table {
        let fields = fields(lines);
        let mut out = Outgoing::default();
        varies(&fields, &mut out);
        weaken(&fields, &mut out);
        assert_eq!(shown(&fields, &out), expected);
    }
}

#[test]
fn who_asks_for_a_weak_tag_is_told_of_that_one() {
    let table: [(&[&str], &[&str], &[&str]); 5] = [
        (&["if-none-match: W/\"a\""], &["etag: \"a\""], &["etag: W/\"a\"", "vary: accept-encoding"]),
        (&["if-none-match: \"b\", W/\"a\""], &["etag: \"a\""], &["etag: W/\"a\"", "vary: accept-encoding"]),
        (&["if-none-match: \"a\""], &["etag: \"a\""], &["etag: \"a\""]),
        (&["if-none-match: W/\"b\""], &["etag: \"a\""], &["etag: \"a\""]),
        (&["if-none-match: W/\"a\""], &["date: now"], &["date: now"]),
    ];
    for (request, lines, expected) in table {
        let (request, fields) = (fields(request), fields(lines));
        let mut out = Outgoing::default();
        confirmed(&request, &fields, &mut out);
        assert_eq!(shown(&fields, &out), expected);
    }
}
