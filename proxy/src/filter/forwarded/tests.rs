use super::*;

fn fields(lines: &[(&str, &str)]) -> Fields {
    let mut bytes = Vec::new();
    let mut spans = Vec::new();
    for (name, value) in lines {
        let start = bytes.len();
        bytes.extend_from_slice(name.as_bytes());
        let middle = bytes.len();
        bytes.extend_from_slice(value.as_bytes());
        spans.push((start..middle, middle..bytes.len()));
    }
    let mut fields = Fields::default();
    fields.take_bytes(&bytes);
    spans.into_iter().for_each(|(name, value)| fields.mark(name, value));
    fields
}

#[test]
fn the_client_is_as_far_away_as_hops_are_trusted() {
    let peer = |text: &str| match text {
        "unix" => Peer::new(Origin::Unix),
        ip => Peer::new(ip.parse::<IpAddr>().unwrap().into()),
    };
    let table: [(&[&str], u8, &str); 10] = [
        (&["1.1.1.1"], 0, "10.0.0.9"),
        (&["1.1.1.1"], 1, "1.1.1.1"),
        (&["6.6.6.6, 1.1.1.1"], 1, "1.1.1.1"),
        (&["6.6.6.6", "1.1.1.1,2.2.2.2"], 2, "1.1.1.1"),
        (&["1.1.1.1"], 2, "10.0.0.9"),
        (&["nonsense"], 1, "10.0.0.9"),
        (&[], 1, "10.0.0.9"),
        (&["[::1]"], 1, "::1"),
        (&["1.1.1.1:4711"], 1, "1.1.1.1"),
        (&["::ffff:1.1.1.1"], 1, "1.1.1.1"),
    ];
    for (lines, hops, expected) in table {
        let lines: Vec<_> = lines.iter().map(|line| ("X-Forwarded-For", *line)).collect();
        let fields = fields(&lines);
        assert_eq!(client(&fields, &peer("::ffff:10.0.0.9"), hops).to_string(), expected, "{lines:?} {hops}");
        let unknown = if expected == "10.0.0.9" { "unknown" } else { expected };
        assert_eq!(client(&fields, &peer("unix"), hops).to_string(), unknown, "{lines:?} {hops}");
    }
}

#[test]
fn a_peer_is_written_as_rfc_7239_wants_it() {
    let element = |origin| {
        let mut text = Vec::new();
        Peer::new(origin).write_element(&mut text);
        String::from_utf8(text).unwrap()
    };
    let table =
        [("192.0.2.7", "for=192.0.2.7"), ("::ffff:192.0.2.7", "for=192.0.2.7"), ("::1", "for=\"[::1]\"")];
    for (ip, expected) in table {
        assert_eq!(element(ip.parse::<IpAddr>().unwrap().into()), expected, "{ip}");
    }
    assert_eq!(element(Origin::Unix), "for=unknown");
}

#[test]
fn request_ids_are_random_uuids() {
    let mut rng = fastrand::Rng::with_seed(3);
    let (mut one, mut other) = (Vec::new(), Vec::new());
    new_request_id(&mut rng, &mut one);
    new_request_id(&mut rng, &mut other);
    assert_ne!(one, other);
    for id in [one, other] {
        let id = String::from_utf8(id).unwrap();
        let shape: String =
            id.chars().map(|char| if char.is_ascii_hexdigit() { 'x' } else { char }).collect();
        assert_eq!(shape, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
        assert_eq!(id.as_bytes()[14], b'4', "the version");
        assert!(b"89ab".contains(&id.as_bytes()[19]), "the variant");
    }
}

#[test]
fn only_sane_request_ids_are_taken_over() {
    let long = "x".repeat(129);
    for (value, expected) in [("abc-1", Some("abc-1")), ("", None), ("a b", None), (long.as_str(), None)] {
        let head = RequestHead { fields: fields(&[("X-Request-Id", value)]), ..RequestHead::default() };
        assert_eq!(given_request_id(&head), expected.map(str::as_bytes));
    }
    let two = fields(&[("X-Request-Id", "one"), ("x-request-id", "other")]);
    assert_eq!(given_request_id(&RequestHead { fields: two, ..RequestHead::default() }), None);
}

#[test]
fn hexadecimal_digits_are_those_of_the_number() {
    for number in [0, 9, 10, 0xffff_ffff, 0x0123_4567, 0x89ab_cdef, 0xa0a0_0909] {
        assert_eq!(String::from_utf8_lossy(&hex(number)), format!("{number:08x}"));
    }
}

/// What a connection was told with its last request is used again only where it is the same.
#[test]
fn the_next_hop_is_told_of_each_request_as_of_the_first() {
    let table = |headers: &str| {
        let text = format!(
            "listeners: {{web: {{address: \"127.0.0.1:0\", forward_headers: {headers}}}}}\n\
             routes: {{shop: {{to: app}}}}\n\
             clusters: {{app: {{endpoints: [\"127.0.0.1:3001\"]}}}}\n"
        );
        let compiled = towpath_config::compile(&towpath_config::Source::new("test.yaml", text), &|_| None);
        compiled.unwrap_or_else(|faults| panic!("{faults}")).into_config()
    };
    let tables = [table("[x-forwarded, forwarded, via, request-id]"), table("[via]")];
    let told = |peer: &Peer, generation: usize, version, authority: &str, lines| {
        let telling = Telling {
            generation: generation as u64,
            listener: &tables[generation].listeners()[0],
            proxy: "towpath",
        };
        let authority = authority.to_owned();
        let head = RequestHead { fields: fields(lines), version, authority, ..RequestHead::default() };
        let (mut out, mut text) = (Outgoing::default(), Vec::new());
        out.add(b"host", b"before");
        apply(telling, &head, peer, b"id-1", &mut out);
        out.add(b"x-last", b"behind");
        out.write(&Fields::default(), &mut text);
        String::from_utf8(text).unwrap()
    };
    let peer = || Peer::new(Origin::Ip([192, 0, 2, 7].into()));
    let first = told(&peer(), 0, Version::Http11, "a", &[]);
    assert_eq!(
        first,
        "host: before\r\nx-forwarded-for: 192.0.2.7\r\nx-forwarded-proto: http\r\nx-forwarded-host: a\r\n\
         forwarded: for=192.0.2.7;host=\"a\";proto=http\r\nvia: 1.1 towpath\r\nx-request-id: id-1\r\nx-last: behind\r\n"
    );
    let same = peer();
    for (generation, version, authority, lines) in [
        (0, Version::Http11, "a", &[][..]),
        (0, Version::Http11, "a", &[]),
        (0, Version::Http11, "b", &[]),
        (0, Version::Http10, "b", &[]),
        (0, Version::Http10, "b", &[("Via", "1.1 one")]),
        (0, Version::Http10, "b", &[]),
        (1, Version::Http10, "b", &[]),
        (1, Version::Http10, "", &[]),
        (0, Version::Http2, "", &[]),
    ] {
        let again = told(&same, generation, version, authority, lines);
        assert_eq!(again, told(&peer(), generation, version, authority, lines), "{version:?} {authority}");
    }
}
