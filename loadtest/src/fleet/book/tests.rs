#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use super::*;

#[test]
fn what_is_held_is_told_as_it_was_heard() {
    let mut book = Book::default();
    let mut held = Held::default();
    for (name, version) in [("shop/a", "1"), ("shop/b", "1"), ("shop/a", "2"), ("shop/c", "3")] {
        held.hold(book.numbers(Kind::Route, name, version));
    }
    let (gone, _) = book.numbers(Kind::Route, "shop/c", "");
    held.release(gone);
    // a name of another type has its own number
    let (other, _) = book.numbers(Kind::Cluster, "shop/z", "9");
    assert_eq!(other, 1);
    let texts = held.texts(Kind::Route, &book);
    let told = |name: &str| texts.get(name).map(String::as_str);
    assert_eq!((told("shop/a"), told("shop/b"), told("shop/c")), (Some("2"), Some("1"), None));
    assert_eq!((texts.len(), held.count()), (2, 2));
    held.release(1000);
}
