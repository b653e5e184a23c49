use super::*;

fn identity() -> Identity {
    Identity {
        id: "p7".to_owned(),
        namespace: "shop".to_owned(),
        labels: [("app".to_owned(), "web".to_owned())].into(),
        locality: "eu-1/a".to_owned(),
        version: "0.1.0".to_owned(),
    }
}

fn told(identity: &Identity) -> Result<Identity, NoIdentity> {
    Request { node: Some(identity.place()), ..Request::default() }.identity()
}

#[test]
fn who_it_is_arrives_whole() {
    let rows = [
        identity(),
        Identity { locality: "eu-1".to_owned(), ..identity() },
        Identity { locality: String::new(), labels: BTreeMap::new(), ..identity() },
        Identity { locality: "eu-1/a/rack-3/4".to_owned(), ..identity() },
    ];
    for identity in rows {
        assert_eq!(told(&identity), Ok(identity));
    }
}

#[test]
fn a_namespace_has_a_default() {
    assert_eq!(told(&Identity { namespace: String::new(), ..identity() }).unwrap().namespace, "default");
}

#[test]
fn who_says_nothing_or_too_much_is_nobody() {
    let long = "x".repeat(256);
    let label = |name: &str, label: &str| BTreeMap::from([(name.to_owned(), label.to_owned())]);
    let many = (0..65).map(|number| (number.to_string(), String::new())).collect();
    let rows = [
        (Identity { id: String::new(), ..identity() }, NoIdentity::Missing),
        (Identity { id: long.clone(), ..identity() }, NoIdentity::TooLong("the id")),
        (Identity { namespace: long.clone(), ..identity() }, NoIdentity::TooLong("the namespace")),
        (Identity { labels: label(&long, ""), ..identity() }, NoIdentity::TooLong("a label")),
        (Identity { labels: label("", &long), ..identity() }, NoIdentity::TooLong("a label")),
        (Identity { labels: many, ..identity() }, NoIdentity::TooManyLabels),
    ];
    for (identity, wanted) in rows {
        assert_eq!(told(&identity), Err(wanted));
    }
    assert_eq!(Request::default().identity(), Err(NoIdentity::Missing));
}
