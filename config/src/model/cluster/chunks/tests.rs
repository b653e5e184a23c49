use super::*;

fn list(length: usize) -> Chunks<usize> {
    (0..length).map(|number| Arc::new(number * 2)).collect()
}

#[test]
fn it_is_a_list_of_any_length() {
    for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 1000] {
        let list = list(length);
        assert_eq!((list.len(), list.is_empty(), list.iter().count()), (length, length == 0, length));
        assert_eq!((list.first().is_some(), list.get(length).is_none()), (length > 0, true));
        for position in 0..length {
            assert_eq!(
                (*list[position], list.find(|one| one.cmp(&(position * 2)))),
                (position * 2, Some(position))
            );
            assert_eq!(list.find(|one| one.cmp(&(position * 2 + 1))), None);
        }
        assert_eq!(list.find(|_| Ordering::Greater).or(list.find(|_| Ordering::Less)), None);
    }
}

#[test]
fn a_copy_shares_all_but_the_piece_that_differs() {
    let first = list(1000);
    let mut second = first.clone();
    second.set(500, Arc::new(7));
    second.set(1000, Arc::new(8));
    assert_eq!((*first[500], *second[500], second.len()), (1000, 7, 1000));
    let shared = first.pieces.iter().zip(second.pieces.iter()).filter(|(one, other)| Arc::ptr_eq(one, other));
    assert_eq!(shared.count(), first.pieces.len() - 1);
    assert!(
        (0..1000)
            .filter(|position| *position != 500)
            .all(|position| Arc::ptr_eq(&first[position], &second[position]))
    );
}
