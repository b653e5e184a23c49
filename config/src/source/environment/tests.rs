use proptest::prelude::*;

use super::{escape, substitute};

fn environment(name: &str) -> Option<String> {
    match name {
        "HOST" => Some("shop".into()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

#[test]
fn puts_variables_and_defaults_in() {
    for (text, expected) in [
        ("plain", "plain"),
        ("a$b", "a$b"),
        ("^/v[0-9]+$", "^/v[0-9]+$"),
        ("${HOST}", "shop"),
        ("é${HOST}.${ZONE:-eu}é", "éshop.eué"),
        ("${EMPTY}", ""),
        ("${EMPTY:-full}", "full"),
        ("${ZONE:-}", ""),
        ("$${HOST}", "${HOST}"),
        ("$$${HOST}", "$${HOST}"),
        ("$1 $$ ${HOST}", "$1 $$ shop"),
    ] {
        assert_eq!(substitute(text, Some(&environment)).expect(text), expected, "{text}");
    }
}

#[test]
fn says_what_is_wrong() {
    for (text, expected) in [
        ("${ZONE}", "the variable `ZONE` is not set"),
        ("${HOST", "`${` is never closed"),
        ("${a b}", "`a b` is not the name of a variable"),
        ("${}", "`` is not the name of a variable"),
        ("${1}", "`1` is not the name of a variable"),
    ] {
        assert_eq!(substitute(text, Some(&environment)).expect_err(text).0, expected, "{text}");
    }
}

proptest! {
    #[test]
    fn an_escaped_text_stays_what_it_was(text in r"[a-z$\{\}é]{0,20}") {
        let written = escape(&text);
        prop_assert_eq!(substitute(&written, Some(&|_| None)).unwrap(), text);
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,40}") {
        let opened = text.contains("${");
        prop_assert!(substitute(&text, Some(&environment)).is_ok() || opened);
    }
}
