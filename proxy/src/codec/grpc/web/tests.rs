use super::*;
use crate::codec::h1::{HeadLimits, read_request};

fn head(fields: &str) -> RequestHead {
    let mut head = RequestHead::default();
    let limits = HeadLimits { bytes: 1 << 16, fields: 64, uri: 1 << 10 };
    let bytes = format!("POST /a.B/C HTTP/1.1\r\nhost: a\r\n{fields}\r\n");
    read_request(bytes.as_bytes(), &limits, &mut head).expect("a request");
    head
}

#[test]
fn a_call_is_one_of_grpc_or_none() {
    let table = [
        ("application/grpc-web", "", "application/grpc", "octets, octets"),
        ("application/grpc-web+proto", "", "application/grpc+proto", "octets, octets"),
        ("Application/gRPC-web+json; charset=utf-8", "", "application/grpc+json", "octets, octets"),
        ("application/grpc-web-text", "", "application/grpc", "text, text"),
        ("application/grpc-web-text+proto", "", "application/grpc+proto", "text, text"),
        ("application/grpc-web-text-base64", "", "application/grpc", "text, text"),
        (
            "application/grpc-web-text",
            "accept: application/grpc-web-text\r\n",
            "application/grpc",
            "text, text",
        ),
        (
            "application/grpc-web-text",
            "accept: */*, application/grpc-web+proto\r\n",
            "application/grpc",
            "text, octets",
        ),
        (
            "application/grpc-web",
            "accept: application/grpc-web-text+proto\r\n",
            "application/grpc",
            "octets, text",
        ),
        ("application/grpc-web", "accept: */*\r\n", "application/grpc", "octets, octets"),
        ("application/grpc", "", "", ""),
        ("application/grpc-website", "", "", ""),
        ("application/grpc-web-textual", "", "", ""),
        ("application/json", "", "", ""),
    ];
    for (media_type, more, native, expected) in table {
        let mut head = head(&format!("content-type: {media_type}\r\ncontent-length: 8\r\n{more}"));
        let found = translate(&mut head).map(|dialect| {
            let word = |text| if text { "text" } else { "octets" };
            format!("{}, {}", word(dialect.text_up), word(dialect.text_down))
        });
        assert_eq!(found.unwrap_or_default(), expected, "{media_type} {more}");
        if !expected.is_empty() {
            assert_eq!(head.fields.first(Known::ContentType), Some(native.as_bytes()), "{media_type}");
            assert_eq!(head.fields.first(Known::Te), Some(b"trailers".as_slice()));
            assert!(head.is_grpc());
        }
        let text = expected.starts_with("text");
        let framing = if text { Framing::Chunked } else { Framing::Length(8) };
        assert_eq!(head.framing, framing);
        assert_eq!(head.fields.values("content-length").count(), usize::from(!text));
    }
    assert_eq!(translate(&mut head("")), None);
}

#[test]
fn answers_have_their_type_back() {
    let dialect = |text_down| Dialect { text_up: false, text_down };
    for (native, text, expected) in [
        ("application/grpc", false, Some("application/grpc-web")),
        ("application/grpc+proto", false, Some("application/grpc-web+proto")),
        ("application/grpc+proto;x=y", true, Some("application/grpc-web-text+proto")),
        ("application/grpc", true, Some("application/grpc-web-text")),
        ("text/html", false, None),
        ("application/grpc-web", false, None),
    ] {
        let found = content_type(native.as_bytes(), dialect(text));
        assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{native}");
    }
}

#[test]
fn trailers_are_a_frame() {
    let mut fields = Fields::default();
    for (name, value) in [("Grpc-Status", "0"), ("grpc-message", "")] {
        fields.add(name.as_bytes(), |text| text.extend_from_slice(value.as_bytes()));
    }
    assert_eq!(trailers(&fields), b"\x80\0\0\0\x1egrpc-status:0\r\ngrpc-message:\r\n");
}
