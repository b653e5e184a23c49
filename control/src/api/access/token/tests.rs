use towpath_config::{Source, server};

use super::{Secret, Tokens, digest, hexadecimal};

/// SHA-256 of `abc` (FIPS 180-4, the example of its authors).
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// The tokens that a section of settings says.
pub(in crate::api::access) fn tokens(section: &str) -> Tokens {
    let source = Source::new("control.yaml", format!("source: store\ntokens: {section}\n"));
    Tokens::new(server::settings(&source, &|_| None).expect("settings").tokens().clone())
}

#[test]
fn a_token_is_known_by_its_digest() {
    let other = ABC.replace('b', "c");
    let tokens = tokens(&format!(
        "{{a: {{digest: {other}, namespaces: x, scopes: read}}, ci: {{digest: {ABC}, namespaces: x, scopes: read}}}}"
    ));
    assert_eq!(tokens.find(b"abc").map(|(name, _)| name), Some("ci"));
    for wrong in [b"abd".as_slice(), b"", b"abc ", ABC.as_bytes()] {
        assert!(tokens.find(wrong).is_none());
    }
    assert_eq!(hexadecimal(&digest(b"abc")), ABC);
}

#[test]
fn new_tokens_differ_and_hide() {
    let (one, two) = (Secret::generate().expect("chance"), Secret::generate().expect("chance"));
    assert_ne!(one.reveal(), two.reveal());
    assert_eq!(one.reveal().len(), "towpath_".len() + 64);
    assert!(!format!("{one:?} {}", one.digest()).contains(one.reveal()));
    let tokens = tokens(&format!("{{a: {{digest: {}, namespaces: x, scopes: read}}}}", one.digest()));
    assert!(tokens.find(one.reveal().as_bytes()).is_some() && tokens.find(two.reveal().as_bytes()).is_none());
}
