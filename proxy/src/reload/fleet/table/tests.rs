use towpath_config::parts::{Base, settle};

use super::*;

const APP: [(Kind, &str, &str); 4] = [
    (Kind::Listener, "shop/web", r#"{"address":"127.0.0.1:0"}"#),
    (Kind::Route, "shop/all", r#"{"to":"app"}"#),
    (Kind::Cluster, "shop/app", "{}"),
    (Kind::Endpoints, "shop/app", r#"["127.0.0.1:1"]"#),
];

fn upsert(name: &str, text: &str) -> Upsert {
    Upsert { name: name.into(), version: Version::of(text), text: text.into() }
}

fn put(table: &mut Table, kind: Kind, name: &str, text: &str) -> Result<(), String> {
    table.put(kind, &upsert(name, text))
}

fn settled(table: &mut Table) {
    let Units { names, units } = table.units();
    let settled =
        settle("fleet", &Base::namespace("shop"), &units).unwrap_or_else(|faults| panic!("{faults}"));
    table.judged(&names, settled.outcomes());
    table.live();
}

fn live() -> Table {
    let mut table = Table::new("shop", 1000);
    for (kind, name, text) in APP {
        put(&mut table, kind, name, text).expect("it is taken");
    }
    assert!(table.is_touched());
    settled(&mut table);
    assert!(!table.is_touched());
    table
}

/// The live text of a resource.
fn good(table: &Table, kind: Kind, name: &str) -> Option<String> {
    let part = names::part(kind, name, "shop").ok()?;
    table.good().find(|good| *good.name() == part).map(|good| good.text().to_string())
}

fn open(table: &Table) -> Vec<(String, Open)> {
    table.objects().iter().map(|object| (object.name.to_string(), object.open)).collect()
}

#[test]
fn what_fits_together_is_live_and_the_rest_says_why_not() {
    let mut table = live();
    assert_eq!(open(&table), []);
    put(&mut table, Kind::Route, "shop/all", r#"{"to":"app","timeot":"1s"}"#).expect("seen with the others");
    put(&mut table, Kind::Route, "shop/late", r#"{"match":{"path":"/a"},"to":"late"}"#).expect("as well");
    table.remove(Kind::Cluster, "shop/app");
    settled(&mut table);
    let wanted = [("shop/app", Open::Held), ("shop/all", Open::Rejected), ("shop/late", Open::Waiting)];
    let mut found = open(&table);
    found.sort_by_key(|(name, _)| wanted.iter().position(|(known, _)| known == name));
    assert_eq!(found, wanted.map(|(name, open)| (name.to_owned(), open)));
    assert_eq!(good(&table, Kind::Route, "shop/all").as_deref(), Some(r#"{"to":"app"}"#));
    assert!(table.rejection(Kind::Route, "shop/all").is_some_and(|fault| fault.contains("timeot")));
    assert_eq!(table.rejection(Kind::Route, "shop/late"), None, "who waits is not rejected");
    // what is wanted again is held no more, what is mended is live, and what is waited for lets others go
    put(&mut table, Kind::Cluster, "shop/app", "{}").expect("it is taken");
    put(&mut table, Kind::Route, "shop/all", r#"{"to":"app","timeout":"1s"}"#).expect("it is taken");
    put(&mut table, Kind::Cluster, "shop/late", r#"{"dns":{"name":"a.test","port":80}}"#)
        .expect("it is taken");
    settled(&mut table);
    assert_eq!(open(&table), []);
    assert!(good(&table, Kind::Route, "shop/late").is_some());
    let routes = table.tallies().iter().find(|tally| tally.kind == "route").copied().expect("a row");
    assert_eq!((routes.live, routes.open), (2, [0, 0, 0]));
}

#[test]
fn what_cannot_be_read_is_rejected_before_it_is_seen_beside_others() {
    let mut table = live();
    let long = format!(r#"{{"direct_response":{{"body":"{}"}}}}"#, "x".repeat(1000));
    let rows = [
        (Kind::Route, "shop/all", "{]", "not JSON"),
        (Kind::Route, "shop/all", "[]", "not a map"),
        (Kind::Route, "pay/all", "{}", "namespace"),
        (Kind::Cluster, "shop/app", r#"{"endpoints":[]}"#, "a part of their own"),
        (Kind::Route, "shop/new", &long, "table_bytes"),
    ];
    for (kind, name, text, word) in rows {
        let fault = put(&mut table, kind, name, text).expect_err("a fault");
        assert!(fault.contains(word), "{name}: {fault}");
        settled(&mut table);
        if name.starts_with("shop/") {
            assert_eq!(table.rejection(kind, name), Some(&*fault), "settling does not mend it");
        }
    }
    assert_eq!(good(&table, Kind::Route, "shop/all").as_deref(), Some(r#"{"to":"app"}"#));
    // the same text as before is all that is wanted
    put(&mut table, Kind::Route, "shop/all", r#"{"to":"app"}"#).expect("it is taken");
    put(&mut table, Kind::Cluster, "shop/app", "{}").expect("it is taken");
    table.remove(Kind::Route, "shop/new");
    settled(&mut table);
    assert_eq!(open(&table), []);
}

#[test]
fn bytes_are_those_of_the_newest_texts() {
    let mut table = live();
    let text = |length: usize| format!(r#"{{"direct_response":{{"body":"{}"}}}}"#, "x".repeat(length));
    for _ in 0..10 {
        put(&mut table, Kind::Route, "shop/a", &text(700)).expect("there is room");
        table.remove(Kind::Route, "shop/a");
        put(&mut table, Kind::Route, "shop/b", &text(700)).expect("there is room again");
        put(&mut table, Kind::Route, "shop/b", &text(10)).expect("it takes less");
        put(&mut table, Kind::Route, "shop/a", &text(900)).expect_err("there is not so much");
        table.remove(Kind::Route, "shop/b");
        settled(&mut table);
    }
}

#[test]
fn a_listener_without_its_address_is_rejected_until_something_else_is_said() {
    let mut table = live();
    put(&mut table, Kind::Listener, "shop/web", r#"{"address":"127.0.0.1:80"}"#).expect("it is taken");
    table.refuse("web", "port 80 is taken");
    settled(&mut table);
    assert_eq!(table.rejection(Kind::Listener, "shop/web"), Some("port 80 is taken"));
    assert_eq!(good(&table, Kind::Listener, "shop/web").as_deref(), Some(APP[0].2));
    put(&mut table, Kind::Listener, "shop/web", r#"{"address":"127.0.0.1:81"}"#).expect("it is taken");
    settled(&mut table);
    assert_eq!(open(&table), []);
}

#[test]
fn endpoints_alone_are_known_as_such() {
    let mut table = live();
    put(&mut table, Kind::Endpoints, "shop/app", r#"["127.0.0.1:2"]"#).expect("it is taken");
    let changed = table.endpoints_only().expect("nothing else changed");
    assert_eq!(changed[0].1.as_ref(), r#"["127.0.0.1:2"]"#);
    put(&mut table, Kind::Cluster, "shop/app", r#"{"protocol":"h2"}"#).expect("it is taken");
    assert!(table.endpoints_only().is_none());
    settled(&mut table);
    // what waits may wait for just these
    put(&mut table, Kind::Cluster, "shop/new", "{}").expect("it is taken");
    settled(&mut table);
    put(&mut table, Kind::Endpoints, "shop/new", "[]").expect("it is taken");
    assert!(table.endpoints_only().is_none());
    settled(&mut table);
    put(&mut table, Kind::Endpoints, "shop/app", r#"["127.0.0.1:2"]"#).expect("it is taken");
    assert!(!table.is_touched(), "the same again is nothing new");
}

#[test]
fn what_is_held_is_what_is_live() {
    let table = live();
    let mut held: Vec<_> =
        table.held().map(|(kind, name, version)| (kind, name, version.to_string())).collect();
    held.sort();
    let mut wanted = APP.map(|(kind, name, text)| (kind, name.to_owned(), Version::of(text).to_string()));
    wanted.sort();
    assert_eq!(held, wanted);
    let mut again = Table::new("shop", 1000);
    table.good().cloned().for_each(|part| again.recall(part));
    assert!(!again.is_touched());
    assert_eq!(again.held().count(), 4);
}
