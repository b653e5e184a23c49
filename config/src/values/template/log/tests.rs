use super::{LogField, LogPlace, LogReason, LogTemplate, StatusRange, default_log_fields};
use crate::language::{Word, Write};
use crate::model::{LogPart, LogValue, TemplatePart};

#[test]
fn what_is_written_reads_back() {
    for text in ["stdout", "stderr", "/var/log/a.log", "unix:/run/c.sock", "unix:@c"] {
        assert_eq!(LogPlace::parse(text).expect(text).write(), text);
    }
    for text in ["time", "path", "header.user-agent", "response-header.x-cache", "trace-id"] {
        assert_eq!(LogField::parse(text).expect(text).write(), text);
    }
    assert_eq!(LogField::parse("header.X-A").expect("a header").name(), "header.x-a");
    assert_eq!(StatusRange::parse("404").expect("a status").write(), 404);
    assert_eq!(StatusRange::parse("5xx").expect("a class").write(), "5xx");
    assert_eq!(LogReason::parse("present").expect("any").write(), "present");
    assert_eq!(LogReason::parse("no-path").expect("a code").write(), "no-path");
    assert_eq!(default_log_fields().len(), 18, "every default is a value");
}

#[test]
fn a_line_is_taken_apart() {
    let template = LogTemplate::parse("%{time} \"%{method}\" 100%").expect("a template");
    let literal = |text: &str| LogPart::Literal(text.to_owned());
    let wanted = [
        LogPart::Value(LogValue::Time),
        literal(" \""),
        LogPart::Value(LogValue::Request(TemplatePart::Method)),
        literal("\" 100%"),
    ];
    assert_eq!(template.parts(), wanted);
}

#[test]
fn a_status_is_in_its_class() {
    let class = StatusRange::parse("4xx").expect("a class");
    let held = [399, 400, 404, 499, 500].map(|status| class.holds(status));
    assert_eq!(held, [false, true, true, true, false]);
}

#[test]
fn says_what_would_be_right() {
    for (text, help) in [
        ("%{path}", "write the name alone: `path`"),
        ("pth", "did you mean `path`?"),
        ("x", "the values of a request are `time`"),
        ("header.Authorization", "it holds what others could sign in with"),
        ("header.cookie", "it holds what others could sign in with"),
        ("header.proxy-authorization", "it holds what others could sign in with"),
        ("response-header.set-cookie", "it holds what others could sign in with"),
        ("header.a b", "a header's name has letters"),
    ] {
        let wrong = LogField::parse(text).expect_err(text);
        assert!(wrong.help.starts_with(help), "{text}: {}", wrong.help);
    }
    for (text, help) in [
        ("%{pth}", "did you mean `%{path}`?"),
        ("%{header.cookie}", "it holds what others could sign in with"),
        ("a\nb", "write it on one line"),
        (" ", "write what it should hold"),
    ] {
        let wrong = LogTemplate::parse(text).expect_err(text);
        assert!(wrong.help.starts_with(help), "{text}: {}", wrong.help);
    }
    for (text, help) in [
        ("sdtout", "did you mean `stdout`?"),
        ("access.log", "write `stdout`, `stderr`, a file with its whole path"),
        ("/var/log/", "this is a directory; name a file in it: `/var/log/access.log`"),
        ("unix:c", "a Unix socket is"),
        ("/a\u{7}", "a path has no control characters"),
    ] {
        let wrong = LogPlace::parse(text).expect_err(text);
        assert!(wrong.help.starts_with(help), "{text}: {}", wrong.help);
    }
    for text in ["6xx", "0xx", "99", "600", "xx", "5xxx", "70000xx"] {
        assert!(StatusRange::parse(text).is_err(), "{text}");
    }
    assert!(LogReason::parse("no-paht").expect_err("a typo").help.contains("`no-path`"));
}
