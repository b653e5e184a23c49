use std::sync::Arc;

use super::*;
use crate::kind::Kind;

/// `a1 b2`: names of one letter and their texts.
fn list(cache: &mut Cache, text: &str) -> Arc<Resources> {
    let resources = text.split_whitespace().map(|word| word.split_at(1));
    Resources::new(resources.map(|(name, text)| cache.resource(Kind::Route, name, text)))
}

#[test]
fn the_same_text_is_encoded_once_while_somebody_holds_it() {
    let mut cache = Cache::default();
    let first = cache.resource(Kind::Route, "a", "1");
    assert!(Arc::ptr_eq(&first, &cache.resource(Kind::Route, "a", "1")));
    let other = cache.resource(Kind::Route, "a", "2");
    assert_ne!(first.version(), other.version());
    assert!(Arc::ptr_eq(&first, &cache.resource(Kind::Route, "a", "1")), "both are there");
    assert_ne!(cache.resource(Kind::Cluster, "a", "1").encoded(), first.encoded());
    let bytes = first.encoded().len();
    drop(other);
    cache.sweep();
    assert_eq!(cache.bytes(), bytes);
    drop(first);
    cache.sweep();
    assert_eq!(cache.bytes(), 0);
}

#[test]
fn a_list_is_in_the_order_of_names_and_the_later_of_two_stays() {
    let list = list(&mut Cache::default(), "c1 a1 b1 a2");
    let names: Vec<_> = list.iter().map(|resource| resource.name()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(list.get("a").unwrap().version(), crate::Version::of("2"));
    assert!(list.get("d").is_none() && list.get("").is_none());
}

#[test]
fn changes_are_what_makes_one_list_into_the_other() {
    let rows = [
        ("", "", ""),
        ("", "a1 b1", "+a +b"),
        ("a1 b1", "", "-a -b"),
        ("a1 b1 c1", "a1 b2 d1", "+b -c +d"),
        ("b1 d1", "a1 b1 c1 d2 e1", "+a +c +d +e"),
        ("a1", "a1", ""),
    ];
    for (old, new, wanted) in rows {
        // two servers: nothing is the same thing
        for shared in [true, false] {
            let mut cache = Cache::default();
            let from = list(&mut cache, old);
            let to = if shared { list(&mut cache, new) } else { list(&mut Cache::default(), new) };
            let changes = to.since(&from);
            let said = changes.iter().map(|change| {
                let sign = if change.put.is_some() { '+' } else { '-' };
                format!("{sign}{}", change.name)
            });
            assert_eq!(said.collect::<Vec<_>>().join(" "), wanted, "{old} -> {new}");
        }
    }
}

#[test]
fn what_most_streams_ask_is_computed_once() {
    let mut cache = Cache::default();
    let (older, old, new) = (list(&mut cache, "a1"), list(&mut cache, "a2"), list(&mut cache, "a2 b1"));
    let whole = new.since(&Resources::nothing());
    let step = new.since(&old);
    assert_eq!((whole.len(), step.len(), new.since(&older).len()), (2, 1, 2));
    assert!(Arc::ptr_eq(&whole, &new.since(&Resources::nothing())));
    assert!(Arc::ptr_eq(&step, &new.since(&old)));
}
