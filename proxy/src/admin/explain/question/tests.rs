use super::*;
use crate::admin::pages::tests::shared;

const TABLE: &str = "\
listeners:
  east: {address: 127.0.0.1:81}
  web: {address: 127.0.0.1:8080}
routes: {all: {direct_response: 200}}
";

fn question(url: &str) -> Question {
    Question { method: None, url: url.to_owned(), headers: Vec::new(), listener: None, source: None }
}

fn head(question: &Question) -> Result<String, String> {
    let snapshot = shared(TABLE).snapshot();
    let (_, listener) = question.listener(&snapshot)?;
    Ok(String::from_utf8(question.head(listener)?).unwrap())
}

#[test]
fn an_url_becomes_the_head_that_a_client_would_send() {
    let table = [
        ("http://shop.example.com/a?b=1", "GET /a?b=1 HTTP/1.1\r\nhost: shop.example.com\r\n\r\n"),
        ("http://h:8080?b", "GET /?b HTTP/1.1\r\nhost: h:8080\r\n\r\n"),
        ("https://h", "GET / HTTP/1.1\r\nhost: h\r\n\r\n"),
        ("HTTP://h/a", "GET /a HTTP/1.1\r\nhost: h\r\n\r\n"),
        ("/to?u=http://h/b", "GET /to?u=http://h/b HTTP/1.1\r\nhost: 127.0.0.1:81\r\n\r\n"),
        ("*", "GET * HTTP/1.1\r\nhost: 127.0.0.1:81\r\n\r\n"),
        ("/only/path#fragment", "GET /only/path HTTP/1.1\r\nhost: 127.0.0.1:81\r\n\r\n"),
    ];
    for (url, expected) in table {
        assert_eq!(head(&question(url)).unwrap(), expected, "{url}");
    }
}

#[test]
fn a_call_of_grpc_is_asked_about_by_its_scheme() {
    let mut asked = question("grpc://shop/shop.v1.Orders/Create");
    let head_of = |asked: &Question| head(asked).unwrap();
    assert_eq!(
        head_of(&asked),
        "POST /shop.v1.Orders/Create HTTP/1.1\r\nhost: shop\r\ncontent-type: application/grpc\r\nte: trailers\r\n\r\n"
    );
    asked.headers = vec![("Content-Type".to_owned(), "application/grpc+json".to_owned())];
    assert_eq!(
        head_of(&asked),
        "POST /shop.v1.Orders/Create HTTP/1.1\r\nhost: shop\r\nte: trailers\r\nContent-Type: application/grpc+json\r\n\r\n"
    );
    asked.method = Some("GET".to_owned());
    assert!(head_of(&asked).starts_with("GET /shop.v1.Orders/Create "));
}

#[test]
fn a_host_field_goes_before_the_host_of_the_url() {
    let mut asked = question("http://one/x");
    asked.headers = vec![("Host".to_owned(), "two".to_owned()), ("a".to_owned(), "b".to_owned())];
    assert_eq!(head(&asked).unwrap(), "GET /x HTTP/1.1\r\nHost: two\r\na: b\r\n\r\n");
}

#[test]
fn connect_names_its_authority() {
    let asked = Question { method: Some("CONNECT".to_owned()), ..question("db.example.com:5432") };
    assert_eq!(
        head(&asked).unwrap(),
        "CONNECT db.example.com:5432 HTTP/1.1\r\nhost: db.example.com:5432\r\n\r\n"
    );
}

#[test]
fn what_is_no_url_is_no_question() {
    for url in
        ["", "a", "shop.example.com/a", "ftp://h/a", "http://", "http:///a", "?a", "#a", "/a b", "/\u{e9}"]
    {
        let told = head(&question(url)).unwrap_err();
        assert!(told.contains("no URL") || told.contains("no word"), "{url:?}: {told}");
    }
    for method in ["", "G T", "G\u{e9}T"] {
        let asked = Question { method: Some(method.to_owned()), ..question("/") };
        assert!(head(&asked).unwrap_err().contains("no word of a request line"), "{method:?}");
    }
}

#[test]
fn no_part_can_smuggle_another() {
    for text in ["x\r\ny: z", "x\ny"] {
        let mut asked = question("/");
        asked.headers = vec![("a".to_owned(), text.to_owned())];
        assert!(head(&asked).unwrap_err().contains("ends its line"), "{text:?}");
        assert!(head(&question(text)).is_err(), "{text:?}");
    }
}

#[test]
fn the_listener_is_named_or_has_the_port_or_is_the_first() {
    let snapshot = shared(TABLE).snapshot();
    let named =
        |question: &Question| question.listener(&snapshot).map(|(_, listener)| listener.name().clone());
    assert_eq!(named(&question("http://h:8080/")), Ok("web".to_owned()));
    assert_eq!(named(&question("http://h/")), Ok("east".to_owned()));
    let asked = Question { listener: Some("web".to_owned()), ..question("/") };
    assert_eq!(named(&asked), Ok("web".to_owned()));
    let asked = Question { listener: Some("wep".to_owned()), ..question("/") };
    assert_eq!(named(&asked).unwrap_err(), "there is no listener `wep`; there are: east, web");
}

#[test]
fn json_is_read() {
    let json =
        br#"{"url": "/x", "headers": {"a": "1", "b": ["2", "3"]}, "listener": null, "source": "10.0.0.1"}"#;
    let asked = Question::from_json(json).unwrap();
    assert_eq!((asked.method(), asked.source), ("GET", Some([10, 0, 0, 1].into())));
    let fields: Vec<_> = asked.headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(fields, ["a=1", "b=2", "b=3"]);
}

#[test]
fn what_is_wrong_with_json_is_said() {
    let table: [(&[u8], &str); 5] = [
        (b"", "the question cannot be read"),
        (b"{}", "missing field `url`"),
        (br#"{"ur": "/"}"#, "unknown field `ur`"),
        (br#"{"url": "/", "headers": {"a": 1}}"#, "header `a` is 1"),
        (b"\xff", "the question cannot be read"),
    ];
    for (json, fault) in table {
        let said = Question::from_json(json).unwrap_err();
        assert!(said.contains(fault), "{said}");
    }
}
