use std::io::Read;

use flate2::read::GzDecoder;
use proptest::collection::vec;
use proptest::prelude::*;
use zstd_safe::{DCtx, InBuffer, OutBuffer};

use super::*;

/// What can be decoded of what has come, whether or not that is all of it.
fn decoded(algorithm: Algorithm, encoded: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    // what is cut off ends in a fault, behind all that could be decoded
    let _ = match algorithm {
        Algorithm::Gzip => GzDecoder::new(encoded).read_to_end(&mut decoded).ok(),
        Algorithm::Brotli => brotli::Decompressor::new(encoded, 4096).read_to_end(&mut decoded).ok(),
        Algorithm::Zstd => {
            let mut context = DCtx::create();
            let mut input = InBuffer::around(encoded);
            let mut chunk = vec![0; 1 << 16];
            loop {
                let mut output = OutBuffer::around(chunk.as_mut_slice());
                context.decompress_stream(&mut output, &mut input).expect("a stream");
                let made = output.pos();
                decoded.extend_from_slice(&chunk[..made]);
                if made == 0 {
                    break None;
                }
            }
        }
    };
    decoded
}

/// Whether this is a whole stream.
fn is_whole(algorithm: Algorithm, encoded: &[u8]) -> bool {
    let mut sink = Vec::new();
    match algorithm {
        Algorithm::Gzip => GzDecoder::new(encoded).read_to_end(&mut sink).is_ok(),
        Algorithm::Brotli => {
            let mut from = encoded;
            brotli::BrotliDecompress(&mut from, &mut sink).is_ok()
        }
        Algorithm::Zstd => zstd_safe::find_frame_compressed_size(encoded) == Ok(encoded.len()),
    }
}

fn encode(lent: &mut Lent, mut input: &[u8], wish: Wish, room: usize, to: &mut Vec<u8>) {
    let mut output = vec![0; room];
    loop {
        let step = lent.step(input, &mut output, wish).expect("a step");
        input = &input[step.taken..];
        to.extend_from_slice(&output[..step.made]);
        if step.done {
            return;
        }
    }
}

fn encoders() -> Rc<Encoders> {
    Encoders::of(&Arc::default())
}

fn body() -> impl Strategy<Value = Vec<(Vec<u8>, bool)>> {
    let random = vec(any::<u8>(), 0..3000);
    let text = (vec(0_u8..4, 0..40), 0..900_usize).prop_map(|(letters, times)| letters.repeat(times));
    vec((prop_oneof![random, text], any::<bool>()), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn what_is_encoded_can_be_decoded_whatever_the_chunks_and_flushes(
        chunks in body(), algorithm in 0..3_usize, level in 1..7_u32, room in 1..5000_usize,
    ) {
        let algorithm = Algorithm::ALL[algorithm];
        let encoders = encoders();
        // the second one may be used again
        for _ in 0..2 {
            let mut lent = encoders.lend(algorithm, level, u64::MAX).expect("an encoder");
            let (mut plain, mut encoded) = (Vec::new(), Vec::new());
            for (chunk, flush) in &chunks {
                encode(&mut lent, chunk, Wish::Take, room, &mut encoded);
                plain.extend_from_slice(chunk);
                if *flush {
                    encode(&mut lent, &[], Wish::Flush, room, &mut encoded);
                    prop_assert_eq!(decoded(algorithm, &encoded).len(), plain.len());
                }
            }
            prop_assert!(!is_whole(algorithm, &encoded));
            encode(&mut lent, &[], Wish::Finish, room, &mut encoded);
            prop_assert!(is_whole(algorithm, &encoded));
            prop_assert_eq!(decoded(algorithm, &encoded), plain);
        }
    }
}

#[test]
fn encoders_are_lent_within_the_budget_and_used_again() {
    let budget = Arc::default();
    let (one, other) = (Encoders::of(&budget), Encoders::of(&budget));
    let limit = 2 * Gzip::BYTES + Zstd::bytes(3);
    let first = one.lend(Algorithm::Gzip, 5, limit).expect("there is room");
    let second = other.lend(Algorithm::Gzip, 5, limit).expect("there is room");
    assert!(one.lend(Algorithm::Brotli, 4, limit).is_none());
    let third = one.lend(Algorithm::Zstd, 3, limit).expect("there is room");
    assert_eq!(budget.held(), limit);
    assert!(one.lend(Algorithm::Gzip, 5, limit).is_none());
    drop((first, second, third));
    assert_eq!(budget.held(), 0);
    assert_eq!((one.spare.borrow().len(), other.spare.borrow().len()), (2, 1));
    drop(one.lend(Algorithm::Gzip, 6, limit));
    assert_eq!(one.spare.borrow().len(), 3, "another level is another one");
    one.age();
    assert_eq!(one.spare.borrow().len(), 2);
    let many: Vec<_> = (0..20).filter_map(|_| one.lend(Algorithm::Gzip, 5, u64::MAX)).collect();
    drop(many);
    assert!(one.spare.borrow().len() <= (SPARE_BYTES_MAX / Gzip::BYTES) as usize);
    one.forget_spare();
    assert!(one.spare.borrow().is_empty());
}
