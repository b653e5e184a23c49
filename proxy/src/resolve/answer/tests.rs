use towpath_config::{Source, compile};

use super::*;

fn dns(text: &str) -> Dns {
    let table = format!("clusters: {{a: {{dns: {{{text}}}}}}}\n");
    let compiled = compile(&Source::new("test.yaml", table), &|_| None);
    let config = compiled.unwrap_or_else(|faults| panic!("{faults}")).into_config();
    (***config.clusters()[0].dns().as_ref().unwrap()).clone()
}

fn ips(text: &str) -> Vec<IpAddr> {
    text.split_whitespace().map(|ip| ip.parse().unwrap()).collect()
}

fn found(records: Records) -> Found {
    Found { records, ttl: Duration::ZERO, unheard: None }
}

/// `address=weight`, for each endpoint.
fn said(found: &Found, dns: &Dns, before: &[Endpoint]) -> Vec<String> {
    let endpoints = found.endpoints(dns, Place::BuiltIn, before);
    endpoints.iter().map(|endpoint| format!("{}={}", endpoint.address(), endpoint.weight())).collect()
}

#[test]
fn the_order_of_addresses_counts_for_the_logical_mode_only() {
    let answer = found(Records::Addresses(ips("10.0.0.2 10.0.0.1 10.0.0.2 ::1")));
    let strict = said(&answer, &dns("name: a, port: 80"), &[]);
    assert_eq!(strict, ["10.0.0.1:80=1", "10.0.0.2:80=1", "[::1]:80=1"]);
    assert_eq!(said(&answer, &dns("name: a, port: 80, mode: logical"), &[]), ["10.0.0.2:80=1"]);
    assert_eq!(said(&answer, &dns("name: a, port: 80, addresses_max: 2"), &[]), strict[..2]);
}

#[test]
fn a_family_of_which_nothing_was_heard_stays() {
    let dns = dns("name: a, port: 80, addresses_max: 3");
    let before = found(Records::Addresses(ips("10.0.0.1 ::1 ::2"))).endpoints(&dns, Place::BuiltIn, &[]);
    let v4 = Found { unheard: Some(DnsFamily::V6), ..found(Records::Addresses(ips("10.0.0.2"))) };
    assert_eq!(said(&v4, &dns, &before), ["10.0.0.2:80=1", "[::1]:80=1", "[::2]:80=1"]);
    let v6 = Found { unheard: Some(DnsFamily::V4), ..found(Records::Addresses(ips("::3"))) };
    assert_eq!(said(&v6, &dns, &before), ["[::3]:80=1", "10.0.0.1:80=1"]);
    assert_eq!(said(&found(Records::Addresses(ips("::3"))), &dns, &before), ["[::3]:80=1"]);
}

#[test]
fn services_share_by_weight_among_the_lowest_priority() {
    let dns = dns("srv: _a._tcp.test");
    // priority, weight, port, addresses
    type Row<'a> = &'a [(u16, u16, u16, &'a str)];
    let rows: &[(Row, &[&str])] = &[
        (&[(0, 0, 80, "10.0.0.1")], &["10.0.0.1:80=1"]),
        (&[(5, 10, 80, "10.0.0.1"), (5, 30, 81, "10.0.0.1")], &["10.0.0.1:80=1", "10.0.0.1:81=3"]),
        (&[(5, 1, 80, "10.0.0.1"), (1, 1, 80, "10.0.0.2")], &["10.0.0.2:80=1"]),
        // nobody is there at the lowest priority
        (&[(5, 1, 80, "10.0.0.1"), (1, 1, 80, "")], &["10.0.0.1:80=1"]),
        // a small chance, not none
        (&[(0, 0, 80, "10.0.0.1"), (0, 1, 80, "10.0.0.2")], &["10.0.0.1:80=1", "10.0.0.2:80=256"]),
        // the weight is the name's, whatever number of addresses it has
        (
            &[(0, 10, 80, "10.0.0.1 10.0.0.2"), (0, 10, 80, "10.0.0.3")],
            &["10.0.0.1:80=1", "10.0.0.2:80=1", "10.0.0.3:80=2"],
        ),
        (&[(0, 10, 80, "10.0.0.1"), (0, 10, 80, "10.0.0.1")], &["10.0.0.1:80=1"]),
        (&[(0, u16::MAX, 80, "10.0.0.1"), (0, 1, 80, "10.0.0.2")], &["10.0.0.1:80=65535", "10.0.0.2:80=1"]),
    ];
    for (records, expected) in rows {
        let services = records.iter().map(|(priority, weight, port, text)| {
            (Service { priority: *priority, weight: *weight, port: *port }, ips(text))
        });
        let answer = found(Records::Services(services.collect()));
        assert_eq!(said(&answer, &dns, &[]), *expected, "{records:?}");
    }
}

#[test]
fn nobody_listens_on_these() {
    for ip in ips("0.0.0.0 255.255.255.255 224.0.0.1 :: ff02::1") {
        assert!(!is_sane(&ip), "{ip}");
    }
    assert!(ips("127.0.0.1 10.0.0.1 ::1 fe80::1").iter().all(is_sane));
}
