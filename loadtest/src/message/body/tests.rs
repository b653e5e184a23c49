use super::*;

/// Takes the bytes in pieces of so many; gives how many belong to the body, its payload, and whether it is whole.
fn take(mut body: Body, bytes: &[u8], piece: usize) -> Result<(usize, u64, bool), Malformed> {
    let (mut sum, mut payload) = (0, 0);
    for part in bytes.chunks(piece) {
        let taken = body.take(part)?;
        sum += taken.bytes;
        payload += taken.payload;
        if taken.whole {
            return Ok((sum, payload, true));
        }
        assert_eq!(taken.bytes, part.len(), "a part that is not the last belongs to the body whole");
    }
    Ok((sum, payload, false))
}

#[test]
fn ends_are_found_in_whatever_pieces() {
    let chunked: [(&[u8], u64, usize); 6] = [
        (b"0\r\n\r\n", 0, 0),
        (b"5\r\nhello\r\n0\r\n\r\n", 5, 0),
        (b"5\r\nhello\r\n0\r\n\r\nHTTP/1.1", 5, 8),
        (b"3;a=b\r\nabc\r\nA \r\n0123456789\r\n000\r\nx: y\r\nz: w\r\n\r\n", 13, 0),
        (b"1\r\n\r\r\n0\r\n\r\n", 1, 0),
        (b"2\r\n\r\n\r\n0\r\n\r\n\r\n", 2, 2),
    ];
    for (bytes, payload, behind) in chunked {
        for piece in 1..=bytes.len() {
            let wanted = Ok((bytes.len() - behind, payload, true));
            assert_eq!(take(Body::CHUNKED, bytes, piece), wanted, "{} in {piece}s", bytes.escape_ascii());
        }
    }
    assert_eq!(take(Body::Length(3), b"abcd", 2), Ok((3, 3, true)));
    assert_eq!(take(Body::Length(5), b"abcd", 2), Ok((4, 4, false)));
    assert_eq!(take(Body::UntilClose, b"abcd", 2), Ok((4, 4, false)));
}

#[test]
fn what_is_no_chunk_is_refused() {
    let long = [b"1;".as_slice(), &[b'x'; 20_000]].concat();
    let bad: [&[u8]; 9] = [
        b"\r\n",
        b"x\r\n",
        b"5\n",
        b"5;a\n",
        b"1\r\nab",
        b"1\r\na\r0",
        b"0\r\n\rx",
        b"11111111111111111\r\n",
        &long,
    ];
    for bytes in bad {
        assert_eq!(take(Body::CHUNKED, bytes, 3), Err(Malformed), "{}", bytes.escape_ascii());
    }
}
