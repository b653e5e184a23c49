use super::*;

const NAMES: [(&str, Known); 21] = [
    ("te", Known::Te),
    ("via", Known::Via),
    ("host", Known::Host),
    ("cookie", Known::Cookie),
    ("expect", Known::Expect),
    ("trailer", Known::Trailer),
    ("upgrade", Known::Upgrade),
    ("forwarded", Known::Forwarded),
    ("connection", Known::Connection),
    ("keep-alive", Known::KeepAlive),
    ("x-request-id", Known::RequestId),
    ("content-type", Known::ContentType),
    ("grpc-status", Known::GrpcStatus),
    ("grpc-timeout", Known::GrpcTimeout),
    ("content-length", Known::ContentLength),
    ("x-forwarded-for", Known::ForwardedFor),
    ("x-forwarded-host", Known::ForwardedHost),
    ("x-forwarded-proto", Known::ForwardedProto),
    ("proxy-connection", Known::ProxyConnection),
    ("transfer-encoding", Known::TransferEncoding),
    ("http2-settings", Known::Http2Settings),
];

#[test]
fn a_class_is_told_by_its_whole_name_in_any_case() {
    for (name, known) in NAMES {
        assert_eq!(Known::of(name.as_bytes()), known);
        assert_eq!(Known::of(name.to_ascii_uppercase().as_bytes()), known);
    }
}

#[test]
fn no_other_token_is_taken_for_it() {
    let tokens = (0x21..0x7f_u8).filter(|byte| !b"\"(),/:;<=>?@[\\]{}".contains(byte));
    for byte in tokens {
        for (name, known) in NAMES {
            for position in 0..name.len() {
                let mut other = name.as_bytes().to_vec();
                other[position] = byte;
                let same = other.eq_ignore_ascii_case(name.as_bytes());
                assert_eq!(Known::of(&other) == known, same, "{}", String::from_utf8_lossy(&other));
            }
        }
    }
    assert_eq!(Known::of(b""), Known::Other);
}

#[test]
fn sets_have_what_they_are_made_of() {
    let set = KnownSet::of(&[Known::Te, Known::Http2Settings]);
    assert!(set.has(Known::Te) && set.has(Known::Http2Settings) && !set.has(Known::Via));
    assert!(KnownSet::HOP_BY_HOP.meets(set) && !set.meets(KnownSet::of(&[Known::Host])));
}
