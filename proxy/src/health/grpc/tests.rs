use super::*;

#[test]
fn a_request_names_the_service() {
    assert_eq!(request(""), [0, 0, 0, 0, 0]);
    assert_eq!(request("a.B"), *b"\0\0\0\0\x05\x0a\x03a.B");
    let long = request(&"x".repeat(300));
    assert_eq!(&long[..8], [0, 0, 0, 1, 47, 0x0a, 0xac, 0x02]);
    assert_eq!(long.len(), 5 + 303);
}

#[test]
fn an_answer_says_whether_it_is_served() {
    let framed = |message: &[u8]| [&[0, 0, 0, 0, message.len() as u8], message].concat();
    for (body, expected) in [
        (framed(&[8, 1]), Some(true)),
        (framed(&[8, 2]), Some(false)),
        (framed(&[8, 3]), Some(false)),
        // UNKNOWN is not written
        (framed(&[]), Some(false)),
        // of several the last, and what is not known is passed over
        (framed(&[8, 2, 0x12, 2, 1, 1, 0x19, 0, 0, 0, 0, 0, 0, 0, 0, 0x25, 0, 0, 0, 0, 8, 1]), Some(true)),
        (framed(&[8, 0x81, 0x80, 0x80, 0]), Some(true)),
        (framed(&[8]), None),
        (framed(&[8, 0x81]), None),
        (framed(&[0x12, 9, 1]), None),
        (framed(&[0x0b]), None),
        (framed(&[8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), None),
        (vec![], None),
        (vec![0, 0, 0, 0], None),
        (vec![0, 0, 0, 0, 3, 8, 1], None),
        // compressed, which was not asked for
        (vec![1, 0, 0, 0, 2, 8, 1], None),
    ] {
        assert_eq!(is_serving(&body), expected, "{body:?}");
    }
}
