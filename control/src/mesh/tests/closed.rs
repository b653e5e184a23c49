//! Whatever a proxy gets, it can compile.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use towpath_config::parts::{Base, Content, PartName, Section, Unit, settle};
use towpath_wire::{Cache, Identity, Kind, Version, View};

use super::*;

const NAMESPACES: [&str; 2] = ["shop", "payments"];

/// Documents of one moment, most of which are wrong. Among many more, what a restart finds live has been seen to be less.
const DOCUMENTS_MAX: usize = 10;

/// Lines of documents, of which some are wrong or name what is not there.
fn lines(namespace: &'static str) -> Vec<String> {
    let other = NAMESPACES.into_iter().find(|one| *one != namespace).unwrap_or_default();
    [
        "listeners: {web: {address: 127.0.0.1:80}}",
        "listeners: {db: {address: 127.0.0.1:81, protocol: tcp, proxies: {role: a}}}",
        "listeners: {db: {address: 127.0.0.1:80}}",
        "listeners: {db: {address: 127.0.0.1:82, proxies: {role: a}}}",
        "routes: {r: {to: a, listeners: [web, db]}}",
        "routes: {r: {to: {a/x: 1, b: 2}}}",
        "routes: {s: {to: OTHER:a, hosts: h.test}}",
        "routes: {t: {to: {OTHER:a/x: 1, a: 1}, listeners: db}}",
        "routes: {t: {too: b}}",
        "clusters: {a: {endpoints: [], subsets: {x: {labels: {}}}}}",
        "clusters: {a: {dns: {name: a.test, port: 80}}}",
        "clusters: {b: {endpoints: [127.0.0.1:9], timeout: 1}}",
        "clusters: {b: {endpoints: [127.0.0.1:9]}}",
        "defaults: {timeout: 5s, compression: [zstd]}",
        "proxy: {limits: {connections: 7}}",
        "grants: {g: {from: \"*\", clusters: a}}",
        "scopes: {s: {workloads: {role: b}, reaches: [a]}}",
        "quotas: {routes: 1}",
    ]
    .into_iter()
    .map(|line| format!("namespace: {namespace}\n{}\n", line.replace("OTHER", other)))
    .collect()
}

fn mesh() -> impl Strategy<Value = Documents> {
    let all: Vec<String> = NAMESPACES.into_iter().flat_map(lines).collect();
    let names: Vec<String> = (0..all.len()).map(|number| format!("{number}.yaml")).collect();
    let texts = proptest::collection::vec(select(all), names.len());
    (texts, subsequence(names, 0..=DOCUMENTS_MAX)).prop_map(|(texts, names)| {
        let named = names.iter().zip(texts);
        named.map(|(name, text)| (DocumentName::parse(name).unwrap(), Arc::from(text))).collect()
    })
}

/// What a proxy makes of a view.
fn compiled(state: &State, namespace: &str, view: &View) -> Result<(), String> {
    let sections = [
        (Kind::Settings, Section::Settings),
        (Kind::Listener, Section::Listener),
        (Kind::Route, Section::Route),
        (Kind::Cluster, Section::Cluster),
        (Kind::Endpoints, Section::Endpoints),
    ];
    let mut units = Vec::new();
    for (kind, section) in sections {
        for resource in view.of(kind).iter() {
            let (owner, name) = resource.name().split_once('/').expect("NAMESPACE/NAME");
            let name = if owner == namespace { name.to_owned() } else { format!("{owner}:{name}") };
            let name = PartName::new(section, &name).expect("a name");
            let part = state.namespace(namespace).and_then(|one| one.part(&name)).expect("it is live");
            assert_eq!(Version::of(part.text()), resource.version());
            units.push(Unit { new: Some(Content::from(part.clone())), good: None });
        }
    }
    let settled =
        settle("proxy", &Base::namespace(namespace), &units).map_err(|faults| faults.to_string())?;
    let faults: Vec<_> =
        settled.outcomes().iter().filter_map(|outcome| outcome.faults()).map(ToString::to_string).collect();
    if faults.is_empty() { Ok(()) } else { Err(faults.concat()) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_view_is_closed(meshes in proptest::collection::vec(mesh(), 1..4)) {
        let mut state = State::default();
        let mut desired = Desired::default();
        let mut cache = Cache::default();
        for documents in meshes {
            state = state.next(&documents);
            desired = Desired::new(&state, &desired, &mut cache);
            for namespace in NAMESPACES {
                for role in ["a", "b"] {
                    let identity = Identity {
                        id: "p".to_owned(),
                        namespace: namespace.to_owned(),
                        labels: [("role".to_owned(), role.to_owned())].into(),
                        locality: String::new(),
                        version: String::new(),
                    };
                    let view = desired.view(&desired.key(&identity), &BTreeSet::new(), &View::default(), &mut cache);
                    prop_assert_eq!(compiled(&state, namespace, &view), Ok(()));
                }
            }
            let restored = State::restored(&state.saved(), &documents).expect("it was saved");
            for namespace in NAMESPACES {
                prop_assert_eq!(live(&restored, namespace), live(&state, namespace));
            }
        }
    }
}
