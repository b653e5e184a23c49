use envoy_types::pb::envoy::service::discovery::v3 as official;

use super::*;
use crate::cache::Cache;
use crate::identity::Identity;

fn identity() -> Identity {
    Identity {
        id: "p7".to_owned(),
        namespace: "shop".to_owned(),
        labels: [("app".to_owned(), "web".to_owned()), ("tier".to_owned(), String::new())].into(),
        locality: "eu-1/a".to_owned(),
        version: "0.1.0".to_owned(),
    }
}

#[test]
fn a_request_is_the_official_one() {
    let ours = Request {
        node: Some(identity().place()),
        type_url: Kind::Route.url().to_owned(),
        subscribe: vec!["*".to_owned(), "shop/a".to_owned()],
        unsubscribe: vec!["shop/b".to_owned()],
        initial_versions: [("shop/a".to_owned(), "0123456789abcdef".to_owned())].into(),
        response_nonce: "7".to_owned(),
        error_detail: Some(Status { code: 3, message: "shop/c: no".to_owned() }),
    };
    let theirs = official::DeltaDiscoveryRequest::decode(&*ours.encode_to_vec()).unwrap();
    assert_eq!(Request::decode(&*theirs.encode_to_vec()), Ok(ours.clone()), "nothing is lost on the way");

    let place = theirs.node.unwrap();
    assert_eq!((&*place.id, &*place.user_agent_name), ("p7", "towpath"));
    let version = envoy_types::pb::envoy::config::core::v3::node::UserAgentVersionType::UserAgentVersion(
        "0.1.0".into(),
    );
    assert_eq!(place.user_agent_version_type, Some(version));
    let locality = place.locality.unwrap();
    assert_eq!((&*locality.region, &*locality.zone, &*locality.sub_zone), ("eu-1", "a", ""));
    let metadata = place.metadata.unwrap();
    let mut keys: Vec<_> = metadata.fields.keys().collect();
    keys.sort_unstable();
    assert_eq!(keys, ["labels", "namespace"]);
    assert_eq!(theirs.type_url, ours.type_url);
    assert_eq!(theirs.resource_names_subscribe, ours.subscribe);
    assert_eq!(theirs.resource_names_unsubscribe, ours.unsubscribe);
    assert_eq!(theirs.initial_resource_versions["shop/a"], "0123456789abcdef");
    assert_eq!(theirs.response_nonce, "7");
    let status = theirs.error_detail.unwrap();
    assert_eq!((status.code, &*status.message), (3, "shop/c: no"));
}

#[test]
fn a_response_is_the_official_one() {
    let resource = Cache::default().resource(Kind::Route, "shop/a", r#"{"to":"checkout"}"#);
    let ours = Response {
        system_version: MORE.to_owned(),
        resources: vec![resource.encoded().clone(), resource.encoded().clone()],
        type_url: Kind::Route.url().to_owned(),
        nonce: "7".to_owned(),
        removed: vec!["shop/b".to_owned()],
    };
    let theirs = official::DeltaDiscoveryResponse::decode(&*ours.encode_to_vec()).unwrap();
    assert_eq!(Response::decode(&*theirs.encode_to_vec()), Ok(ours.clone()), "nothing is lost on the way");
    assert_eq!(ours.size(), theirs.encoded_len());

    assert_eq!((&*theirs.system_version_info, &*theirs.nonce), ("more", "7"));
    assert_eq!((theirs.type_url, theirs.removed_resources), (ours.type_url, ours.removed));
    let [first, second] = &theirs.resources[..] else { panic!("{:?}", theirs.resources) };
    assert_eq!(first, second);
    assert_eq!((&first.name, &first.version), (&"shop/a".to_owned(), &resource.version().to_string()));
    let any = first.resource.as_ref().unwrap();
    assert_eq!(any.type_url, Kind::Route.url());
    // field 1, of 17 octets
    assert_eq!(any.value, [&[0x0a, 17], &br#"{"to":"checkout"}"#[..]].concat());
}

#[test]
fn what_is_no_resource_is_told_apart() {
    let encoded = |name: &str, version: &str, any: Option<Any>| {
        let body = ResourceBody { name: name.to_owned(), version: version.to_owned(), resource: any };
        Bytes::from(body.encode_to_vec())
    };
    let any = |kind: Kind, value: &'static [u8]| {
        Some(Any { type_url: kind.url().to_owned(), value: Bytes::from_static(value) })
    };
    let text: &[u8] = &[0x0a, 2, b'{', b'}'];
    let rows = [
        (encoded("a", "7", any(Kind::Route, text)), "{}"),
        (encoded("a", "7", any(Kind::Route, b"")), ""),
        (encoded("a", "7", None), "a resource without a body"),
        (
            encoded("a", "7", any(Kind::Cluster, text)),
            "a body of type \"type.googleapis.com/towpath.v1.Cluster\" among",
        ),
        (encoded("a", "7", any(Kind::Route, &[0x0a, 9])), "the body is no text: "),
        (encoded("a", "7", any(Kind::Route, &[0x0a, 1, 0xff])), "the body is no text: "),
    ];
    for (bytes, wanted) in rows {
        let body = decode(Kind::Route, &bytes).unwrap().body;
        let found = match &body {
            Ok((version, text)) => {
                assert_eq!(
                    *version,
                    Version::of(text),
                    "a version that is none of ours is a hash of the text"
                );
                text
            }
            Err(fault) => fault,
        };
        assert!(found.starts_with(wanted), "{found}");
    }
    assert!(decode(Kind::Route, &encoded("", "7", any(Kind::Route, text))).is_none());
    assert!(decode(Kind::Route, &Bytes::from_static(&[0xff])).is_none());
}
