use super::*;

#[test]
fn a_key_is_answered_as_the_standard_says() {
    // RFC 6455 §1.3
    assert_eq!(&accept(b"dGhlIHNhbXBsZSBub25jZQ=="), b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

#[test]
fn keys_differ() {
    let mut rng = fastrand::Rng::with_seed(1);
    let (one, other) = (new_key(&mut rng), new_key(&mut rng));
    assert_ne!(one, other);
    assert!(one.ends_with(b"=="), "16 octets");
}
