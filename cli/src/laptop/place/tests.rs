use super::*;

fn cluster(text: &str) -> Result<String, String> {
    text.parse::<Endpoint>().map(|endpoint| endpoint.cluster())
}

#[test]
fn an_endpoint_is_what_the_table_takes() {
    for (typed, wanted) in [
        ("localhost:3000", "endpoints: [127.0.0.1:3000]"),
        ("LocalHost:3000", "endpoints: [127.0.0.1:3000]"),
        ("app.localhost:3000", "endpoints: [127.0.0.1:3000]"),
        ("10.0.0.1:80", "endpoints: [10.0.0.1:80]"),
        ("[::1]:3000", "endpoints: [\"[::1]:3000\"]"),
        ("unix:/run/app.sock", "endpoints: [unix:/run/app.sock]"),
        ("api.example.com:443", "dns: {name: api.example.com, port: 443}"),
        ("My_Service:8080", "dns: {name: my_service, port: 8080}"),
    ] {
        assert_eq!(cluster(typed).as_deref(), Ok(wanted), "{typed}");
    }
}

#[test]
fn what_is_no_endpoint_is_told_with_what_would_be_right() {
    for (typed, part) in [
        ("", "port is missing"),
        ("3000", "localhost:3000"),
        ("localhost", "localhost:3000"),
        ("localhost:", "number from 1"),
        ("localhost:0", "number from 1"),
        ("localhost:65536", "number from 1"),
        ("::1:3000", "brackets"),
        (":3000", "host:port"),
        ("http://localhost:3000/", "in front: localhost:3000"),
        ("a..b:80", "host:port"),
        ("10.0.0.300:80", "host:port"),
        ("8080:80", "host:port"),
        ("a b:80", "no blanks"),
        ("a\nb:80", "no blanks"),
        ("local#host:80", "host:port"),
    ] {
        let fault = cluster(typed).unwrap_err();
        assert!(fault.contains(part), "{typed:?}: {fault}");
    }
}

#[test]
fn a_port_alone_is_open_to_nobody_else() {
    let place = |text: &str| text.parse::<Place>().map(|Place(address)| address);
    assert_eq!(place("8080").as_deref(), Ok("127.0.0.1:8080"));
    assert_eq!(place("0").as_deref(), Ok("127.0.0.1:0"));
    assert_eq!(place("0.0.0.0:80").as_deref(), Ok("0.0.0.0:80"));
    assert_eq!(place("localhost:80").as_deref(), Ok("127.0.0.1:80"));
    assert_eq!(place("unix:/tmp/a.sock").as_deref(), Ok("unix:/tmp/a.sock"));
    assert!(place(":8080").unwrap_err().contains("0.0.0.0:8080"));
    assert!(place("example.com:80").unwrap_err().contains("127.0.0.1:80"));
}
