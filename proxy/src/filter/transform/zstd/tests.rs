use super::*;

#[test]
fn no_level_holds_more_than_it_is_said_to() {
    let input: Vec<u8> = (0..1_u32 << 20).flat_map(|number| (number / 7).to_le_bytes()).collect();
    for level in 1..=6 {
        let mut encoder = Zstd::new(level).expect("an encoder");
        let mut output = vec![0; 1 << 16];
        let mut rest = input.as_slice();
        while !rest.is_empty() {
            let step = encoder.step(rest, &mut output, Wish::Take).expect("a step");
            rest = &rest[step.taken..];
        }
        let held = encoder.0.sizeof() as u64;
        assert!(held <= Zstd::bytes(level), "level {level} holds {held}");
    }
}
