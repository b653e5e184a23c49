use crate::language::Word;
use crate::model::{Template, TemplatePart};

#[test]
fn reads_values_and_escapes() {
    let literal = |text: &str| TemplatePart::Literal(text.into());
    for (text, parts) in [
        ("", vec![]),
        ("plain 100%", vec![literal("plain 100%")]),
        ("%{cluster}/%{subset}", vec![TemplatePart::Cluster, literal("/"), TemplatePart::Subset]),
        ("%%{cluster} %{header.X-User}", vec![literal("%{cluster} "), TemplatePart::Header("x-user".into())]),
        ("é%{path}é", vec![literal("é"), TemplatePart::Path, literal("é")]),
    ] {
        assert_eq!(Template::parse(text).expect(text).parts(), parts, "{text}");
    }
}

#[test]
fn says_what_would_be_right() {
    for (text, help) in [
        ("%{clutser}", "did you mean `%{cluster}`?"),
        ("%{cluster", "write `%{cluster}`, or `%%{` for the plain characters"),
        ("%{header.}", "a header's name has letters"),
        ("a\r\nb", "write it on one line"),
    ] {
        let wrong = Template::parse(text).expect_err(text);
        assert!(wrong.help.starts_with(help), "{text}: {}", wrong.help);
    }
}
