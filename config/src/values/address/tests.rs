use super::*;

#[test]
fn networks_of_ipv4_are_known_in_either_form() {
    let table = [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::/0", "::/0"),
        ("2001:db8::/32", "2001:db8::/32"),
    ];
    for (text, net) in table {
        assert_eq!(IpNet::parse(text).map_err(|_| ()), Ok(net.parse().expect("a network")), "{text}");
    }
}
