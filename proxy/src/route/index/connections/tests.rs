use towpath_config::{Source, compile};

use super::*;
use crate::codec::fields::Fields;
use crate::sys::stream::Origin;

const TABLE: &str = "\
listeners:
  cache: {address: 127.0.0.1:6379, protocol: tcp}
  db: {address: 127.0.0.1:5432, protocol: tcp}
  spare: {address: 127.0.0.1:5433, protocol: tcp}
  web: {address: 127.0.0.1:8080}
routes:
  all: {to: app}
  both: {listeners: [cache, db], match: {source: 10.2.0.0/16}, to: app}
  cached: {listeners: cache, to: app}
  inside: {listeners: db, match: [{source: 10.0.0.0/8}, {source: [192.0.2.1]}], to: app}
  ranked: {listeners: db, match: {source: 10.1.0.0/16}, rank: 1, to: app}
clusters: {app: {endpoints: [127.0.0.1:3000]}}
";

#[test]
fn the_first_candidate_of_the_listener_that_holds_takes_the_connection() {
    let config = compile(&Source::new("table.yaml", TABLE), &|_| None).unwrap().into_config();
    let connections = Connections::new(&config);
    let nothing = Fields::default();
    for (listener, source, wanted) in [
        ("cache", "10.2.0.1", Ok("both")),
        ("cache", "10.1.0.1", Ok("cached")),
        ("cache", "unix", Ok("cached")),
        ("db", "10.1.2.3", Ok("ranked")),
        ("db", "10.2.2.3", Ok("both")),
        ("db", "10.3.2.3", Ok("inside")),
        ("db", "192.0.2.1", Ok("inside")),
        ("db", "192.0.2.2", Err(Miss::NoSource)),
        ("db", "unix", Err(Miss::NoSource)),
        ("spare", "10.1.2.3", Err(Miss::NoListener)),
    ] {
        let id = config.listener_ids().find(|id| config.listener(*id).unwrap().name() == listener).unwrap();
        let source = source.parse().map_or(Origin::Unix, Origin::Ip);
        let view = RequestView {
            listener: id,
            host: "",
            method: "",
            path: "",
            query: None,
            fields: &nothing,
            source,
        };
        let found = connections.find(&config, &view);
        let found = found.map(|found| config.route(found.route).unwrap().name().as_str());
        assert_eq!(found, wanted, "{listener} from {source}");
    }
}
