use super::*;

#[test]
fn names_are_written_in_small_letters_whoever_says_them() {
    let mut fields = Fields::default();
    for name in
        ["X-Forwarded-For", "x-request-id", "X-Forwarded-Proto", "x-forwarded-host", "X-Own", "Accept"]
    {
        fields.add(name.as_bytes(), |value| value.push(b'a'));
    }
    let map = map(fields.iter());
    let names: Vec<_> = map.keys().map(HeaderName::as_str).collect();
    assert_eq!(
        names,
        ["x-forwarded-for", "x-request-id", "x-forwarded-proto", "x-forwarded-host", "x-own", "accept"]
    );
    assert!(map.values().all(|value| value == "a"));
}

#[test]
fn trailers_have_the_rules_of_http1() {
    let trailers = |fields: &[(&'static str, &'static str)]| {
        let fields = fields
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        read_trailers(&fields.collect()).map(|fields| fields.len())
    };
    assert_eq!(trailers(&[("grpc-status", "0"), ("x-sum", "abc")]), Ok(2));
    assert_eq!(trailers(&[("set-cookie", "a=b"), ("x-sum", "abc")]), Ok(1));
    assert_eq!(trailers(&[("request_cost", "1")]), Ok(1), "metadata of gRPC may have underscores");
    for name in ["content-length", "content_length", "set_cookie", "grpc_status", "x_request_id"] {
        assert_eq!(trailers(&[(name, "1")]), Err(BodyFault::Malformed), "{name}");
    }
    assert_eq!(trailers(&[("transfer-encoding", "chunked")]), Err(BodyFault::Malformed));
}
