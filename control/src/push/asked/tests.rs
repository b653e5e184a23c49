use super::*;

fn hosts(asked: &Asked) -> Vec<String> {
    asked.since(0, "shop").into_iter().flat_map(|(_, hosts)| hosts).collect()
}

#[test]
fn a_host_is_asked_for_as_long_as_a_stream_wants_it() {
    let asked = Arc::<Asked>::default();
    let [mut one, mut other] = [(); 2].map(|()| Wishes::new(Arc::clone(&asked), "shop", 3));
    assert!(["shop/a", "shop/a", "shop/b", "pay/c", "*"].into_iter().all(|name| one.want(name)));
    let (grown, _) = asked.since(0, "shop").unwrap_or_default();
    assert!(other.want("shop/a"));
    assert_eq!(hosts(&asked), ["a", "b"]);
    assert_eq!(asked.since(grown, "shop"), None, "it was asked for before");
    for name in ["shop/a", "shop/b", "shop/never"] {
        one.leave(name);
    }
    assert!(one.want("shop/d"));
    assert_eq!(hosts(&asked), ["a", "d"]);
    assert!(asked.since(grown, "shop").is_some());
    drop((one, other));
    assert_eq!(hosts(&asked), Vec::<String>::new());
}

#[test]
fn where_there_is_no_room_it_comes_back_with_the_end_of_those_who_have_it() {
    let asked = Arc::<Asked>::default();
    let mut greedy = Wishes::new(Arc::clone(&asked), "shop", 3);
    assert!((0..3).all(|number| greedy.want(&format!("shop/{number}"))));
    assert!(!greedy.want("shop/more"));
    let mut other = Wishes::new(Arc::clone(&asked), "shop", 3);
    assert!(!other.want("shop/new") && other.want("shop/0"));
    assert!(Wishes::new(Arc::clone(&asked), "pay", 3).want("pay/new"));
    drop(greedy);
    assert!(other.want("shop/new"));
    assert_eq!(hosts(&asked), ["0", "new"]);
}
