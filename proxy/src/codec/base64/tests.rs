use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn encoded(pieces: &[&[u8]]) -> Vec<u8> {
    let (mut encoder, mut text) = (Encoder::default(), Vec::new());
    pieces.iter().for_each(|piece| encoder.encode(piece, &mut text));
    encoder.pad(&mut text);
    text
}

fn decoded(pieces: &[&[u8]]) -> Result<Vec<u8>, Malformed> {
    let (mut decoder, mut octets) = (Decoder::default(), Vec::new());
    pieces.iter().try_for_each(|piece| decoder.decode(piece, &mut octets))?;
    if decoder.is_whole() { Ok(octets) } else { Err(Malformed) }
}

#[test]
fn the_table_of_the_standard() {
    // RFC 4648 §10
    for (octets, text) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ] {
        assert_eq!(encoded(&[octets.as_bytes()]), text.as_bytes());
        assert_eq!(decoded(&[text.as_bytes()]).as_deref(), Ok(octets.as_bytes()));
    }
    assert_eq!(encoded(&[&[0xfb, 0xff, 0xfe]]), b"+//+");
    assert_eq!(encoded(&[&[0xfb, 0xff, 0xbf]]), b"+/+/");
}

#[test]
fn texts_may_stand_behind_each_other_and_what_is_no_text_is_refused() {
    assert_eq!(decoded(&[b"Zg==Zm8=Zm9v"]).as_deref(), Ok(b"ffofoo".as_slice()));
    for text in ["Z", "Zg", "Zg=", "Zm9", "=", "Z===", "====", "Zg=a", "Zg===", "Zm9v\n", "Zm-v", "Zm 9v"] {
        assert_eq!(decoded(&[text.as_bytes()]), Err(Malformed), "{text:?}");
    }
}

proptest! {
    #[test]
    fn pieces_make_no_difference(octets in vec(any::<u8>(), 0..200), cuts in vec(0..270_usize, 0..6)) {
        let pieces = |bytes: &[u8]| {
            let mut at: Vec<usize> = cuts.iter().map(|cut| *cut.min(&bytes.len())).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            at.windows(2).map(|ends| bytes[ends[0]..ends[1]].to_vec()).collect::<Vec<_>>()
        };
        let split = pieces(&octets);
        let text = encoded(&split.iter().map(Vec::as_slice).collect::<Vec<_>>());
        prop_assert_eq!(&text, &encoded(&[&octets]));
        let split = pieces(&text);
        prop_assert_eq!(decoded(&split.iter().map(Vec::as_slice).collect::<Vec<_>>()), Ok(octets));
    }
}
