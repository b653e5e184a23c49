use super::*;

#[test]
fn each_resource_has_its_name_in_the_table_and_back() {
    let rows = [
        (Kind::Listener, "shop/web", "web"),
        (Kind::Route, "shop/all", "all"),
        (Kind::Cluster, "shop/app", "app"),
        (Kind::Cluster, "pay/ledger", "pay:ledger"),
        (Kind::Endpoints, "pay/ledger", "pay:ledger"),
        (Kind::Settings, "shop/settings", "settings"),
    ];
    for (of, name, wanted) in rows {
        let part = part(of, name, "shop").expect("a part");
        assert_eq!((part.name(), kind(part.section())), (wanted, of));
        assert_eq!(resource(&part, "shop"), name);
    }
}

#[test]
fn what_cannot_be_a_part_is_told() {
    let rows = [
        (Kind::Route, "all", "NAMESPACE/NAME"),
        (Kind::Route, "pay/all", "`pay`"),
        (Kind::Listener, "pay/web", "`shop`"),
        (Kind::Settings, "shop/others", "no such name"),
        (Kind::Cluster, "pay/led:ger", "`pay`"),
        (Kind::Cluster, "shop/App", "no such name"),
        (Kind::Host, "shop/a.example.com", "no part"),
    ];
    for (kind, name, word) in rows {
        let fault = part(kind, name, "shop").expect_err("a fault");
        assert!(fault.contains(word), "{name}: {fault}");
    }
}
