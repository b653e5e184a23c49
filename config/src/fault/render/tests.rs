use crate::fault::{Fault, Findings};
use crate::source::{Source, Span};

fn rendered(text: &str, fault: Fault) -> String {
    let mut findings = Findings::default();
    findings.push(fault);
    findings.into_faults(&Source::new("shop.yaml", text)).to_string()
}

#[test]
fn points_at_characters_not_octets() {
    let span = Span { start: 9, end: 11, line: 2, column: 4 };
    let text = rendered("a: 1\nü: x ab\n", Fault::error(span, "found").help("right"));
    assert!(text.contains("--> shop.yaml:2:4"), "{text}");
    assert!(text.contains("2 | ü: x ab\n  |    ^"), "{text}");
    assert!(text.contains("= help: right"), "{text}");
}

#[test]
fn a_span_beyond_the_text_or_a_huge_line_is_only_named() {
    let beyond = Span { start: 900, end: 901, line: 1, column: 1 };
    assert!(rendered("a", Fault::error(beyond, "found")).contains("found"));
    let long = "x".repeat(5000);
    let span = Span { start: 4000, end: 4001, line: 1, column: 4001 };
    let text = rendered(&long, Fault::warning(span, "found"));
    assert!(text.contains("shop.yaml:1:4001") && text.len() < 200, "{text}");
}
