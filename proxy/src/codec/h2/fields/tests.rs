use super::*;

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
