use super::*;

#[test]
fn what_a_path_may_not_hold_is_encoded() {
    for (parts, wanted) in [
        (["/a", "?", "b=c"], "/a?b=c"),
        (["*", "", ""], "*"),
        (["/a{b}", "", ""], "/a{b}"),
        (["/a`b", "?", "q=<\">"], "/a%60b?q=%3C%22%3E"),
    ] {
        assert_eq!(path(&parts).map(|path| path.as_str().to_owned()), Ok(wanted.to_owned()));
    }
}

fn read_one(status: u16, fields: &[(&str, &str)], ended: bool, asked: Asked) -> Result<ResponseHead, Reason> {
    let table = "listeners: {w: {address: 127.0.0.1:1}}\nroutes: {r: {to: app}}\nclusters: {app: {endpoints: [127.0.0.1:2], protocol: h2, limits: {header_bytes: 1KiB, header_count: 4}}}";
    let source = towpath_config::Source::new("table.yaml", table.to_owned());
    let compiled = towpath_config::compile(&source, &|_| None).expect("a table");
    let limits = compiled.config().clusters().first().expect("a cluster").limits();
    let builder = Response::builder().status(status);
    let response = fields.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    let mut head = ResponseHead::default();
    read(&response.body(()).expect("what the crate lets through"), ended, asked, limits, &mut head)
        .map(|()| head)
}

#[test]
fn an_answer_is_as_long_as_it_says_or_ends_with_the_stream() {
    let framed = |status, fields: &[(&str, &str)], ended, asked| {
        read_one(status, fields, ended, asked).map(|head| head.framing)
    };
    assert_eq!(framed(200, &[], true, Asked::Other), Ok(Framing::Length(0)));
    assert_eq!(framed(200, &[], false, Asked::Other), Ok(Framing::Chunked));
    assert_eq!(framed(200, &[("content-length", "5")], false, Asked::Other), Ok(Framing::Length(5)));
    assert_eq!(framed(200, &[("content-length", "5")], true, Asked::Head), Ok(Framing::None));
    assert_eq!(framed(204, &[], true, Asked::Other), Ok(Framing::None));
    assert_eq!(framed(103, &[("link", "</a>")], false, Asked::Other), Ok(Framing::None));
    assert_eq!(framed(101, &[], false, Asked::Other), Err(Reason::BadResponse));
}

#[test]
fn answers_that_are_too_large_are_refused() {
    let large = "x".repeat(1100);
    let many = [("a", ""), ("b", ""), ("c", ""), ("d", ""), ("e", "")];
    for fields in [&[("x", large.as_str())][..], &many] {
        assert_eq!(read_one(200, fields, true, Asked::Other).err(), Some(Reason::ResponseHeadTooLarge));
    }
    let head = read_one(200, &[("set-cookie", "a=1"), ("set-cookie", "b=2")], true, Asked::Other).unwrap();
    assert_eq!(head.fields.values("set-cookie").count(), 2);
}

#[test]
fn consent_becomes_what_it_is_over_http1() {
    let accept = websocket::accept(b"key");
    let asked = Asked::WebSocket(accept);
    let sent = [("sec-websocket-protocol", "chat"), ("sec-websocket-accept", "nobody asked")];
    for (status, ended) in [(200, false), (200, true), (204, false)] {
        let head = read_one(status, &sent, ended, asked).unwrap();
        assert_eq!((head.status, head.framing), (101, Framing::UntilClose), "{status} {ended}");
        let values = |name| head.fields.values(name).collect::<Vec<_>>();
        assert_eq!(values("upgrade"), [b"websocket"]);
        assert_eq!(values("sec-websocket-protocol"), [b"chat"]);
        assert_eq!(values("sec-websocket-accept"), [accept]);
    }
    let refused = read_one(403, &sent, true, asked).unwrap();
    assert_eq!((refused.status, refused.framing), (403, Framing::Length(0)));
    assert_eq!(read_one(101, &sent, false, asked).err(), Some(Reason::BadResponse));
    let tunnel = read_one(200, &[], false, Asked::Connect).unwrap();
    assert_eq!((tunnel.status, tunnel.framing), (200, Framing::UntilClose));
}
