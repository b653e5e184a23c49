use super::{CUT, VALUE_BYTES_MAX, json, text};

fn escaped(escape: fn(&mut Vec<u8>, usize), value: &[u8]) -> String {
    let mut line = b"\"before\n ".to_vec();
    let start = line.len();
    line.extend_from_slice(value);
    escape(&mut line, start);
    String::from_utf8(line.split_off(start)).expect("a line is UTF-8")
}

#[test]
fn nothing_ends_a_line_or_steers_a_terminal() {
    for (value, in_json, in_text) in [
        (&b"/plain path?x=1"[..], "/plain path?x=1", "/plain path?x=1"),
        (b"", "", ""),
        (b"a\"b\\c", "a\\\"b\\\\c", "a\\x22b\\x5cc"),
        (b"a\r\nb\tc\0", "a\\u000d\\u000ab\\u0009c\\u0000", "a\\x0d\\x0ab\\x09c\\x00"),
        (b"\x1b[2J\x7f", "\\u001b[2J\\u007f", "\\x1b[2J\\x7f"),
        ("é→".as_bytes(), "é→", "\\xc3\\xa9\\xe2\\x86\\x92"),
        // the control sequence introducer in one character
        ("\u{9b}2J".as_bytes(), "\\u009b2J", "\\xc2\\x9b2J"),
        // a line's end for some, and what turns round all that follows
        ("a\u{2028}b\u{202e}c".as_bytes(), "a\\u2028b\\u202ec", "a\\xe2\\x80\\xa8b\\xe2\\x80\\xaec"),
        (b"\xff\xfea", "\u{fffd}\u{fffd}a", "\\xff\\xfea"),
    ] {
        assert_eq!(escaped(json, value), in_json, "{value:?}");
        assert_eq!(escaped(text, value), in_text, "{value:?}");
    }
}

#[test]
fn what_is_in_json_reads_back() {
    for octet in 0..=0x7f_u8 {
        let value = [b'a', octet, b'b'];
        let line = format!("\"{}\"", escaped(json, &value));
        let read: String = serde_json::from_str(&line).expect(&line);
        assert_eq!(read.as_bytes(), value);
    }
}

#[test]
fn a_long_value_is_cut() {
    let most = "a".repeat(VALUE_BYTES_MAX);
    for escape in [json, text] {
        assert_eq!(escaped(escape, most.as_bytes()), most);
        assert_eq!(escaped(escape, format!("{most}b").as_bytes()), format!("{most}{CUT}"));
    }
}
