use proptest::prelude::*;

use super::*;

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).unwrap()
}

#[test]
fn a_block_has_room_for_what_it_is_for() {
    for size in 1..4096 {
        for align in [1, 2, 4, 8, 16, 32, 4096] {
            let Some(kept) = Size::of(layout(size, align)) else {
                assert!(align > STEP || size > 2024, "{size} octets at {align}");
                continue;
            };
            let block = kept.layout();
            assert!(
                block.size() >= size && block.size() < size + STEP + REST,
                "{size} octets in {}",
                block.size()
            );
            assert!(block.align() >= align && kept.0 < SIZES);
        }
    }
}

#[test]
fn what_is_freed_is_had_again_by_those_who_keep_it() {
    std::thread::spawn(|| {
        let ask = || Vec::<u64>::with_capacity(125);
        let count = || KEPT.with(|kept| kept.count[Size::of(layout(1000, 8)).unwrap().0].get());
        let full = u16::try_from(KEPT_BYTES.div_ceil(Size::of(layout(1000, 8)).unwrap().octets())).unwrap();
        let most = usize::from(full) + 8;
        drop((0..most).map(|_| ask()).collect::<Vec<_>>());
        assert_eq!(count(), 0, "a thread that was not told to keeps nothing");
        let keeping = Keeping::begin();
        drop((0..most).map(|_| ask()).collect::<Vec<_>>());
        assert_eq!(count(), full, "and no more than so many");
        let block = ask();
        assert_eq!(count(), full - 1);
        let place = block.as_ptr();
        drop(block);
        let again = ask();
        assert_eq!(again.as_ptr(), place, "what was freed last is warm");
        drop(again);
        release();
        assert_eq!(count(), 0);
        drop((0..most).map(|_| ask()).collect::<Vec<_>>());
        drop(keeping);
        assert_eq!(count(), 0, "nothing is left behind");
    })
    .join()
    .unwrap();
}

proptest! {
    #[test]
    fn nobody_gets_what_another_has(steps in prop::collection::vec((1_usize..5000, 0_usize..16, any::<bool>()), 1..200)) {
        std::thread::spawn(move || {
            let _keeping = Keeping::begin();
            // each has octets of its own, also after it has become larger or smaller
            let mut held: Vec<Vec<u8>> = Vec::new();
            for (number, (size, place, grows)) in steps.into_iter().enumerate() {
                let mark = u8::try_from(number % 251).unwrap();
                match held.get_mut(place) {
                    Some(one) if grows => {
                        let mark = one[0];
                        one.resize(size, mark);
                        one.shrink_to_fit();
                    }
                    Some(_) => drop(held.swap_remove(place)),
                    None => held.push(vec![mark; size]),
                }
                assert!(held.iter().all(|one| one.iter().all(|octet| *octet == one[0])));
            }
            let zeros = vec![0_u8; 500];
            assert!(zeros.iter().all(|octet| *octet == 0));
        })
        .join()
        .unwrap();
    }
}
