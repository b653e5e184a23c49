use std::collections::BTreeSet;

use towpath_wire::{Cache, Identity, Kind, View};

use super::*;

fn identity(namespace: &str, labels: &[(&str, &str)]) -> Identity {
    Identity {
        id: "p1".to_owned(),
        namespace: namespace.to_owned(),
        labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        locality: String::new(),
        version: String::new(),
    }
}

fn names(view: &View, kind: Kind) -> Vec<String> {
    view.of(kind).iter().map(|resource| resource.name().to_owned()).collect()
}

const MESH: &str = "namespace: shop
defaults: {timeout: 5s}
listeners:
  edge: {address: 127.0.0.1:8080, proxies: {role: gateway}}
  side: {address: 127.0.0.1:8081, proxies: {role: sidecar}}
  db: {address: 127.0.0.1:5432, protocol: tcp, proxies: {role: database}}
routes:
  everywhere: {to: app}
  edge: {listeners: edge, hosts: [shop.test, \"*.shop.test\"], to: {app/x: 1, payments:ledger: 1}}
  both: {listeners: [edge, side], hosts: Api.test, to: api}
  pg: {listeners: db, to: pg}
clusters:
  app: {endpoints: [127.0.0.1:1], subsets: {x: {labels: {}}}}
  api: {dns: {name: api.test, port: 80}}
  pg: {endpoints: [127.0.0.1:2]}
  unused: {endpoints: []}
scopes:
  narrow: {workloads: {app: small}, reaches: [api]}
  wide: {workloads: {app: large}, reaches: [api, app, payments:*]}
";

struct Fleet {
    desired: Desired,
    cache: Cache,
    state: State,
}

impl Fleet {
    fn new(mesh: &str) -> Self {
        let state =
            State::default().next(&documents(&[("a.yaml", mesh), ("b.yaml", LEDGER), ("c.yaml", GRANT)]));
        assert!(state.faults().is_empty(), "{}", said(&state));
        let mut cache = Cache::default();
        Self { desired: Desired::new(&state, &Desired::default(), &mut cache), cache, state }
    }

    fn view(&mut self, labels: &[(&str, &str)], hosts: &[&str], old: &View) -> View {
        let key = self.desired.key(&identity("shop", labels));
        let hosts: BTreeSet<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        self.desired.view(&key, &hosts, old, &mut self.cache)
    }
}

#[test]
fn a_proxy_gets_what_its_listeners_lead_to() {
    let mut fleet = Fleet::new(MESH);
    for (labels, listeners, routes, clusters) in [
        (vec![("role", "gateway")], "edge side", "both edge everywhere", "payments/ledger shop/api shop/app"),
        (vec![("role", "sidecar")], "edge side", "both everywhere", "shop/api shop/app"),
        (vec![("role", "database")], "db", "pg", "shop/pg"),
        (vec![("role", "gateway"), ("app", "small")], "edge side", "both", "shop/api"),
        (
            vec![("role", "gateway"), ("app", "large")],
            "edge side",
            "both edge everywhere",
            "payments/ledger shop/api shop/app",
        ),
        (vec![("role", "none")], "", "", ""),
        (vec![], "", "", ""),
    ] {
        let view = fleet.view(&labels, &[], &View::default());
        let local = |kind| {
            names(&view, kind).iter().map(|name| name.replace("shop/", "")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            (local(Kind::Listener), local(Kind::Route)),
            (listeners.to_owned(), routes.to_owned()),
            "{labels:?}"
        );
        assert_eq!(names(&view, Kind::Cluster).join(" "), clusters, "{labels:?}");
        assert_eq!(names(&view, Kind::Settings), ["shop/settings"]);
    }
    let key = fleet.desired.key(&identity("nowhere", &[]));
    let view = fleet.desired.view(&key, &BTreeSet::new(), &View::default(), &mut fleet.cache);
    assert!(Kind::ALL.iter().all(|kind| view.of(*kind).is_empty()));
}

#[test]
fn proxies_that_get_the_same_share_it() {
    let mut fleet = Fleet::new(MESH);
    let key = |fleet: &Fleet, labels: &[(&str, &str)]| fleet.desired.key(&identity("shop", labels));
    assert_eq!(key(&fleet, &[("role", "gateway"), ("zone", "a")]), key(&fleet, &[("role", "gateway")]));
    assert_ne!(key(&fleet, &[("role", "gateway"), ("app", "small")]), key(&fleet, &[("role", "gateway")]));
    let gateway = [("role", "gateway")];
    let first = fleet.view(&gateway, &[], &View::default());
    // one route changes: all other lists are the same lists, and all other resources the same bytes
    let changed = MESH.replace("everywhere: {to: app}", "everywhere: {to: api}");
    let state = fleet.state.next(&documents(&[("a.yaml", &changed), ("b.yaml", LEDGER), ("c.yaml", GRANT)]));
    fleet.desired = Desired::new(&state, &fleet.desired, &mut fleet.cache);
    let second = fleet.view(&gateway, &[], &first);
    for kind in Kind::ALL {
        assert_eq!(Arc::ptr_eq(first.of(kind), second.of(kind)), kind != Kind::Route, "{kind:?}");
    }
    let same = |name: &str| {
        Arc::ptr_eq(first.of(Kind::Route).get(name).unwrap(), second.of(Kind::Route).get(name).unwrap())
    };
    assert!(same("shop/both") && !same("shop/everywhere"));
    assert_eq!(fleet.desired.resources().filter(|(kind, _)| *kind == Kind::Route).count(), 4);
}

#[test]
fn hosts_that_were_asked_for_say_what_serves_them() {
    let mut fleet = Fleet::new(MESH);
    let hosts = ["shop.test", "a.b.shop.test", "api.test", "other.test", ".shop.test"];
    let view = fleet.view(&[("role", "gateway")], &hosts, &View::default());
    assert_eq!(names(&view, Kind::Host).len(), 5, "a route for any host serves all of them");
    let narrow = fleet.view(&[("role", "gateway"), ("app", "small")], &hosts, &View::default());
    assert_eq!(names(&narrow, Kind::Host), ["shop/api.test"]);
}
