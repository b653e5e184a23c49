use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use towpath_config::server::TokenScope;

use super::super::token::Secret;
use super::super::token::tests::tokens;
use super::{Guard, Refusal};

fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"))
    };
    list.iter().map(pair).collect()
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[test]
fn without_tokens_only_this_machine_is_answered() {
    let guard = Guard { tokens: tokens("{}") };
    type Row = (&'static str, &'static [(&'static str, &'static str)], Result<(), Refusal>);
    let rows: [Row; 10] = [
        ("127.0.0.1", &[("host", "127.0.0.1:15010")], Ok(())),
        ("127.0.0.1", &[("host", "localhost")], Ok(())),
        ("::1", &[("host", "[::1]:15010")], Ok(())),
        ("::ffff:127.0.0.1", &[("host", "127.0.0.1")], Ok(())),
        ("127.0.0.1", &[("host", "127.0.0.1"), ("authorization", "Bearer whatever")], Ok(())),
        ("192.0.2.1", &[("host", "127.0.0.1")], Err(Refusal::NotLocal)),
        ("2001:db8::1", &[("host", "127.0.0.1")], Err(Refusal::NotLocal)),
        ("127.0.0.1", &[("host", "evil.example")], Err(Refusal::Browser)),
        ("127.0.0.1", &[("host", "127.0.0.1"), ("origin", "http://evil.example")], Err(Refusal::Browser)),
        ("127.0.0.1", &[], Err(Refusal::Browser)),
    ];
    for (from, fields, expected) in rows {
        let admitted = guard.admit(&headers(fields), address(from), TokenScope::Admin);
        assert_eq!(admitted.map(|caller| assert!(caller.has_all())), expected, "{from} {fields:?}");
    }
}

#[test]
fn with_tokens_one_has_to_be_shown() {
    let secret = Secret::generate().expect("chance");
    let section = format!("{{ci: {{digest: {}, namespaces: shop, scopes: [read, write]}}}}", secret.digest());
    let guard = Guard { tokens: tokens(&section) };
    let shown = |text: String| headers(&[("authorization", &text), ("origin", "http://page.example")]);
    let far = address("192.0.2.1");
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let caller = guard.admit(&shown(format!("{scheme} {}", secret.reveal())), far, TokenScope::Read);
        let caller = caller.expect("it is let in");
        assert_eq!(caller.who(), "ci@192.0.2.1");
        assert!(caller.has("shop") && !caller.has("bank") && !caller.has_all());
    }
    let rows = [
        (shown(format!("Bearer {}", secret.reveal())), TokenScope::Admin, Refusal::Scope("ci".to_owned())),
        (shown("Bearer towpath_0".to_owned()), TokenScope::Read, Refusal::UnknownToken),
        (shown("Bearer ".to_owned()), TokenScope::Read, Refusal::UnknownToken),
        (shown(format!("Basic {}", secret.reveal())), TokenScope::Read, Refusal::NoToken),
        (headers(&[("host", "127.0.0.1")]), TokenScope::Read, Refusal::NoToken),
    ];
    for (fields, scope, refusal) in rows {
        assert_eq!(guard.admit(&fields, far, scope).map(|_| ()), Err(refusal), "{fields:?}");
    }
}
