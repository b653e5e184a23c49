use super::*;

#[test]
fn a_key_is_answered_as_the_standard_says() {
    // RFC 6455 §1.3
    assert_eq!(&accept(b"dGhlIHNhbXBsZSBub25jZQ=="), b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

#[test]
fn base64_has_the_vectors_of_its_standard() {
    // RFC 4648 §10
    assert_eq!(&base64::<4>(b"f"), b"Zg==");
    assert_eq!(&base64::<4>(b"fo"), b"Zm8=");
    assert_eq!(&base64::<4>(b"foo"), b"Zm9v");
    assert_eq!(&base64::<8>(b"foob"), b"Zm9vYg==");
    assert_eq!(&base64::<8>(b"fooba"), b"Zm9vYmE=");
    assert_eq!(&base64::<8>(b"foobar"), b"Zm9vYmFy");
    assert_eq!(&base64::<4>(&[0xfb, 0xff, 0xbf]), b"+/+/");
}

#[test]
fn keys_differ() {
    let mut rng = fastrand::Rng::with_seed(1);
    let (one, other) = (new_key(&mut rng), new_key(&mut rng));
    assert_ne!(one, other);
    assert!(one.ends_with(b"=="), "16 octets");
}
