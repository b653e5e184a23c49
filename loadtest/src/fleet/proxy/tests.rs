#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;

use envoy_types::pb::envoy::service::discovery::v3::Resource;
use envoy_types::pb::google::protobuf::Any;

use super::*;
use crate::fleet::message::identity;

fn somebody() -> Node {
    identity("p1".to_owned(), "shop", &BTreeMap::from([("app".to_owned(), "web".to_owned())]))
}

fn resource(name: &str, version: &str, text: &str) -> Resource {
    let value = Body { text: text.to_owned() }.encode_to_vec();
    Resource {
        name: name.to_owned(),
        version: version.to_owned(),
        resource: Some(Any { value, ..Any::default() }),
        ..Resource::default()
    }
}

fn response(kind: Kind, nonce: &str, resources: Vec<Resource>) -> Response {
    Response { type_url: kind.url(), nonce: nonce.to_owned(), resources, ..Response::default() }
}

#[test]
fn a_proxy_wants_all_and_is_in_sync_when_each_type_was_said_to_its_end() {
    let mut book = Book::default();
    let mut proxy = Proxy::whole(somebody());
    let first = proxy.connected(&book);
    assert_eq!(first.len(), 5);
    assert!(first.iter().all(|request| request.resource_names_subscribe == ["*"]));
    assert_eq!(
        first.iter().filter(|request| request.node.is_some()).count(),
        1,
        "the first one says who it is"
    );
    let begun = response(Kind::Route, "1", vec![resource("shop/a", "v1", "{}")]);
    proxy.response(Response { system_version_info: "more".to_owned(), ..begun }, &mut book).unwrap();
    for kind in [Kind::Settings, Kind::Cluster, Kind::Endpoints, Kind::Listener] {
        assert!(!proxy.is_synced());
        proxy.response(response(kind, "2", Vec::new()), &mut book).unwrap();
    }
    assert!(!proxy.is_synced(), "more routes follow");
    let heard =
        proxy.response(response(Kind::Route, "7", vec![resource("shop/b", "v1", "{}")]), &mut book).unwrap();
    assert!(proxy.is_synced());
    assert_eq!((proxy.held(), heard.resources, heard.answers.len()), (2, 1, 1));
    assert_eq!(heard.answers[0].response_nonce, "7");
    assert!(heard.answers[0].error_detail.is_none());

    let again = proxy.connected(&book);
    assert!(!proxy.is_synced(), "on a new stream all is to be said again");
    let routes = again.iter().find(|request| request.type_url == Kind::Route.url()).unwrap();
    assert_eq!(routes.initial_resource_versions["shop/b"], "v1");
    let gone =
        Response { removed_resources: vec!["shop/a".to_owned()], ..response(Kind::Route, "1", Vec::new()) };
    assert_eq!(proxy.response(gone, &mut book).unwrap().removed, 1);
    assert_eq!(proxy.held(), 1);
}

#[test]
fn on_demand_a_host_says_what_else_is_wanted() {
    let mut book = Book::default();
    let mut proxy = Proxy::on_demand(somebody(), &["shop/shop.example.com".to_owned()]);
    let first = proxy.connected(&book);
    let kinds: Vec<_> = first.iter().filter_map(|request| Kind::of(&request.type_url)).collect();
    assert_eq!(kinds, [Kind::Settings, Kind::Listener, Kind::Host]);
    for kind in ALWAYS {
        proxy.response(response(kind, "1", Vec::new()), &mut book).unwrap();
    }
    assert!(!proxy.is_synced(), "the host is awaited");
    let text = r#"{"routes":["shop/a"],"clusters":["shop/c"]}"#;
    let host = response(Kind::Host, "1", vec![resource("shop/shop.example.com", "h", text)]);
    let heard = proxy.response(host, &mut book).unwrap();
    let wanted: Vec<_> =
        heard.answers[1..].iter().map(|request| request.resource_names_subscribe.join(",")).collect();
    assert_eq!(wanted, ["shop/c", "shop/c", "shop/a"]);
    assert!(!proxy.is_synced());
    proxy.response(response(Kind::Cluster, "1", vec![resource("shop/c", "1", "{}")]), &mut book).unwrap();
    proxy.response(response(Kind::Endpoints, "1", vec![resource("shop/c", "1", "[]")]), &mut book).unwrap();
    let gone =
        Response { removed_resources: vec!["shop/a".to_owned()], ..response(Kind::Route, "1", Vec::new()) };
    proxy.response(gone, &mut book).unwrap();
    assert!(proxy.is_synced(), "what is not there was said too");
}

#[test]
fn what_makes_no_sense_is_told() {
    let mut book = Book::default();
    let mut proxy = Proxy::on_demand(somebody(), &[]);
    let other = Response {
        type_url: "type.googleapis.com/envoy.config.cluster.v3.Cluster".to_owned(),
        ..Response::default()
    };
    assert!(proxy.response(other, &mut book).unwrap_err().contains("envoy.config.cluster.v3.Cluster"));
    let host = response(Kind::Host, "1", vec![resource("a/b", "1", "[")]);
    assert!(proxy.response(host, &mut book).is_err());
}
