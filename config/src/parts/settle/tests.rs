#![allow(clippy::indexing_slicing, reason = "a test may panic")]

mod model;

use super::table::Table;
use super::*;
use crate::parts::round::{Round, Tried};
use crate::parts::{Base, Content, Part, PartName, Section, cut};
use crate::source::Source;

fn content(text: &str) -> Content {
    cut(&Source::new("shop.yaml", text)).unwrap_or_else(|faults| panic!("{faults}")).content().clone()
}

fn resource(section: Section, name: &str, text: &str) -> Content {
    let name = PartName::new(section, name).expect("a name");
    Part::new(name, text).unwrap_or_else(|faults| panic!("{faults}")).into()
}

fn unit(good: Option<Content>, new: Option<Content>) -> Unit {
    Unit { new, good }
}

/// What is settled by looking at no more than what has to do with each other, which has to do.
fn settled(units: &[Unit]) -> Settled {
    let base = Base::namespace("shop");
    Table::new("test", &base, units, true).settled().unwrap_or_else(|faults| panic!("{faults}"))
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Live => "live",
        Outcome::Rejected(_) => "rejected",
        Outcome::Waiting(_) => "waiting",
        Outcome::Held(_) => "held",
    }
}

fn words(settled: &Settled) -> Vec<&'static str> {
    settled.outcomes().iter().map(word).collect()
}

#[test]
fn what_is_cut_reads_back_as_the_same() {
    let text = "namespace: shop\ndefaults: {timeout: 30s}\nproxy: {limits: {connections: 10}}\n\
        listeners: {web: {address: \"127.0.0.1:8080\", proxies: {role: \"true\", n: '1.10'}}}\n\
        routes:\n  all:\n    to: {a/x: 90, b: 10}\n    match: {headers: {x: \"a \\\"b\\\" é\"}}\n\
        clusters:\n  a: {endpoints: [{address: 127.0.0.1:1, labels: {v: x}}], subsets: {x: {labels: {v: x}}}}\n  \
        b: {dns: {name: b.test, port: 80}}\n";
    let settled = settled(&[unit(None, Some(content(text)))]);
    let ordinary = Source::new(
        "x",
        format!(
            "proxy: {{namespace: shop, admin: none, limits: {{connections: 10}}}}\n{}",
            text.replace("namespace: shop\n", "").replace("proxy: {limits: {connections: 10}}\n", "")
        ),
    );
    let compiled = crate::compile(&ordinary, &|_| None).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(crate::diff(compiled.config(), settled.compiled().config()), []);
    let document = settled.document().source().text();
    assert!(document.contains("\n    \"endpoints\": [{\"address\":\"127.0.0.1:1\""), "{document}");
    crate::compile(settled.document().source(), &|_| None).unwrap_or_else(|faults| panic!("{faults}"));
}

/// A table for each line of `#`. A row: the part, its last good text, its newest text (`=` for the same), what becomes
/// of it; `-` for none.
const TABLES: &str = r##"
# a route alone waits
route r | - | {"to":"a"} | waiting
# a cluster without endpoints waits, and so does what names it
route r | - | {"to":"a"} | waiting
cluster a | - | {} | waiting
route s | - | {"to":"b"} | live
cluster b | - | {} | live
endpoints b | - | [] | live
# endpoints without their cluster wait
endpoints a | - | [] | waiting
route s | {"to":"b"} | = | live
cluster b | {} | = | live
endpoints b | [] | = | live
# all at once
route r | - | {"to":"a"} | live
cluster a | - | {} | live
endpoints a | - | [] | live
# a wrong one is rejected, and the last good one stays
route r | {"to":"a"} | {"too":"b"} | rejected
cluster a | {} | = | live
endpoints a | [] | = | live
# what depends on a wrong one keeps its last good text
route r | {"to":"a"} | {"to":"a/x"} | waiting
cluster a | {} | {"subsets":{"x":{"labels":{}}},"oh":1} | rejected
endpoints a | [] | = | live
# what is removed while it is needed is held
route r | {"to":"a"} | = | live
cluster a | {} | - | held
endpoints a | [] | - | held
# what is removed with all that needs it is gone
route r | {"to":"a"} | - | live
cluster a | {} | - | live
endpoints a | [] | - | live
# a subset that is taken away while it is needed
route r | {"to":"a/x"} | = | live
cluster a | {"subsets":{"x":{"labels":{}}}} | {"subsets":{"y":{"labels":{}}}} | held
endpoints a | [] | = | live
# a subset that moves with who names it
route r | {"to":"a/x"} | {"to":"a/y"} | live
cluster a | {"subsets":{"x":{"labels":{}}}} | {"subsets":{"y":{"labels":{}}}} | live
endpoints a | [] | = | live
# who waits holds what it still needs
route r | {"to":"a/x"} | {"to":"b/x"} | waiting
cluster a | {"subsets":{"x":{"labels":{}}}} | {"subsets":{"y":{"labels":{}}}} | held
endpoints a | [] | = | live
cluster b | {} | = | live
endpoints b | [] | = | live
# a port that is taken
listener m | {"address":"127.0.0.1:80"} | = | live
listener a | - | {"address":"127.0.0.1:80"} | rejected
listener z | - | {"address":"127.0.0.1:80"} | rejected
# a port that would come free by what is rejected stays with its owner
listener m | {"address":"127.0.0.1:80"} | {"address":"x"} | rejected
listener z | - | {"address":"127.0.0.1:80"} | rejected
# who lost against one that is rejected itself is looked at again
listener m | - | {"address":"127.0.0.1:80","reason_header":7} | rejected
listener z | - | {"address":"127.0.0.1:80"} | live
# a listener that speaks something else than its routes
listener m | {"address":"127.0.0.1:80"} | {"address":"127.0.0.1:80","protocol":"tcp"} | held
route r | {"to":"a","hosts":"x.test","listeners":"m"} | = | live
cluster a | {} | = | live
endpoints a | [] | = | live
# clusters of other namespaces
route r | - | {"to":"payments:a"} | live
cluster payments:a | - | {} | live
endpoints payments:a | - | [] | live
route s | - | {"to":"shop:b"} | live
cluster b | - | {} | live
endpoints b | - | [] | live
# a name that is like another one's
route r | - | {"to":"chekout"} | waiting
cluster checkout | {} | = | live
endpoints checkout | [] | = | live
# a variable
route r | - | {"to":"${X:-a}"} | rejected
"##;

fn row(line: &str) -> (Unit, &str) {
    let cells: Vec<&str> = line.split(" | ").collect();
    let (section, name) = cells[0].split_once(' ').expect("a section and a name");
    let section = Section::ALL.into_iter().find(|known| known.name() == section).expect("a section");
    let content = |text: &str| (text != "-").then(|| resource(section, name, text));
    let new = if cells[2] == "=" { cells[1] } else { cells[2] };
    (Unit { good: content(cells[1]), new: content(new) }, cells[3])
}

#[test]
fn each_part_gets_what_it_deserves() {
    for table in TABLES.split("\n# ").skip(1) {
        let mut lines = table.lines();
        let about = lines.next();
        let (units, expected): (Vec<Unit>, Vec<&str>) = lines.map(row).unzip();
        assert_eq!(words(&settled(&units)), expected, "{about:?}");
    }
}

#[test]
fn those_that_need_each_other_come_back_together() {
    // the second file says what the first one says too, so it goes; and with it the third, which names what it says. When the first
    // one has gone as well, either of them alone would still be wrong
    let app = |subset: &str| {
        format!("clusters: {{app: {{endpoints: [], subsets: {{{subset}: {{labels: {{}}}}}}}}}}\n")
    };
    let route = |subset: &str| format!("routes: {{r: {{to: app/{subset}}}}}\n");
    let units = [
        unit(None, Some(content(&app("z")))),
        unit(Some(content(&app("x"))), Some(content(&app("y")))),
        unit(Some(content(&route("x"))), Some(content(&route("y")))),
    ];
    assert_eq!(words(&settled(&units)), ["rejected", "live", "live"]);
}

#[test]
fn settings_are_a_part_whose_fault_is_theirs() {
    let settings = |text: &str| Some(resource(Section::Settings, "settings", text));
    let good = || settings("{\"proxy\":{\"limits\":{\"connections\":10,\"memory\":\"1GiB\"}}}");
    let base = Base::local(
        &Source::new(
            "b",
            "proxy: {id: p7, control: {address: x}, labels: {a: \"${X}\"}, limits: {memory: 2GiB}}",
        ),
        &|name| Some(format!("${{{name}}}")),
    );
    let units =
        [unit(good(), settings("{\"proxy\":{\"drain\":{\"delay\":7}},\"defaults\":{\"timeout\":\"1x\"}}"))];
    let settled = settle("test", &base, &units).unwrap_or_else(|faults| panic!("{faults}"));
    let process = settled.compiled().config().process();
    assert_eq!(
        (process.id().as_str(), **process.limits().connections(), **process.limits().memory()),
        ("p7", 10, Some(2 << 30))
    );
    assert_eq!(process.labels()["a"], "${X}");
    let Outcome::Rejected(faults) = &settled.outcomes()[0] else { panic!("{settled:?}") };
    let places: Vec<_> = faults.iter().map(|fault| fault.place().to_string()).collect();
    assert_eq!(places, ["line 1", "line 1"]);
    assert!(faults.to_string().contains("the settings:1:28"), "{faults}");

    let wrong = Base::local(&Source::new("b", "proxy: {id: p7, workers: x}"), &|_| None);
    assert!(settle("test", &wrong, &[]).is_err());
}

#[test]
fn faults_point_into_the_file_that_was_cut() {
    let good = content(
        "listeners:\n  web: {address: 127.0.0.1:80}\nroutes:\n  r: {to: a}\nclusters:\n  a: {endpoints: []}\n",
    );
    let new = content(
        "listeners:\n  web: {address: 127.0.0.1:80}\n  two:\n    address: 127.0.0.1:80\nroutes:\n  r:\n    to: {a: 1, b: 2}\n\
         clusters:\n  a:\n    subsets: {x: {labels: {}}}\n    endpoints: []\n",
    );
    let settled = settled(&[unit(Some(good), Some(new))]);
    let Outcome::Rejected(faults) = &settled.outcomes()[0] else { panic!("{settled:?}") };
    let said = faults.to_string();
    assert!(said.contains("--> shop.yaml:2:18") && said.contains("::: shop.yaml:4:14"), "{said}");
    assert!(settled.compiled().config().clusters()[0].subsets().is_empty());
}

#[test]
fn files_that_say_the_same_name_do_not_both_count() {
    let one = content("routes: {r: {to: a}}\nclusters: {a: {endpoints: []}}\n");
    let two = content("routes:\n  s: {to: a}\n  r: {to: a}\n");
    for good in [None, Some(one.clone())] {
        let settled = settled(&[unit(None, Some(two.clone())), unit(good.clone(), Some(one.clone()))]);
        assert_eq!(words(&settled), ["rejected", "live"]);
        let said: String =
            settled.outcomes().iter().filter_map(Outcome::faults).map(ToString::to_string).collect();
        assert!(said.contains("the route `r` is there twice: also in shop.yaml"), "{said}");
    }
}

#[test]
fn endpoints_alone_change_one_cluster() {
    let table = "routes: {r: {to: a/x}}\nclusters:\n  a: {endpoints: [127.0.0.1:1], subsets: {x: {labels: {v: x}}}}\n  b: {endpoints: []}\n  \
        c: {dns: {name: c.test, port: 80}}\n";
    let settled = settled(&[unit(None, Some(content(table)))]);
    let config = settled.compiled().config();
    let line = settled.document().line(&PartName::new(Section::Endpoints, "a").unwrap()).unwrap();
    let endpoints = |text: &str| crate::endpoints(text, line);
    let list = endpoints("[\"127.0.0.1:2\",{\"address\":\"127.0.0.1:3\",\"labels\":{\"v\":\"x\"}}]").unwrap();
    let (changed, ids) = config.with_endpoints([("a", list)]).expect("it is there");
    assert_eq!(ids, [config.cluster_id("a").unwrap()]);
    assert_eq!(changed.clusters()[0].endpoints().len(), 2);
    assert_eq!(changed.clusters()[0].subsets()[0].endpoints(), &[1]);
    assert!(std::sync::Arc::ptr_eq(&changed.clusters()[1], &config.clusters()[1]));
    assert!(
        config.with_endpoints([("c", Vec::new())]).is_none()
            && config.with_endpoints([("a", Vec::new()), ("x", Vec::new())]).is_none()
    );
    assert!(endpoints("[\"127.0.0.1\"]").is_err() && endpoints("{}").is_err());
}
