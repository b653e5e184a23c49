use super::*;

fn tcp(source: &str, destination: &str) -> Claim {
    Claim::Tcp(Ends { source: source.parse().unwrap(), destination: destination.parse().unwrap() })
}

fn lines() -> Vec<(&'static str, Result<Claim, HeaderFault>)> {
    let malformed = Err(HeaderFault::Malformed);
    vec![
        (
            "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n",
            Ok(tcp("192.168.0.1:56324", "192.168.0.11:443")),
        ),
        (
            "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
            Ok(tcp("255.255.255.255:65535", "255.255.255.255:65535")),
        ),
        ("PROXY TCP4 1.2.3.4 5.6.7.8 0 0\r\n", Ok(tcp("1.2.3.4:0", "5.6.7.8:0"))),
        ("PROXY TCP6 2001:db8::1 ::1 1 2\r\n", Ok(tcp("[2001:db8::1]:1", "[::1]:2"))),
        (
            "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
            Ok(tcp(
                "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
                "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
            )),
        ),
        ("PROXY UNKNOWN\r\n", Ok(Claim::Own)),
        ("PROXY UNKNOWN whatever \u{1} stands here\r\n", Ok(Claim::Own)),
        (
            "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
            Ok(Claim::Own),
        ),
        ("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n", malformed),
        ("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n", malformed),
        ("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n", malformed),
        ("PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n", malformed),
        ("PROXY  TCP4 1.2.3.4 5.6.7.8 1 2\r\n", malformed),
        ("PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n", malformed),
        ("PROXY TCP4\t1.2.3.4 5.6.7.8 1 2\r\n", malformed),
        ("PROXY tcp4 1.2.3.4 5.6.7.8 1 2\r\n", malformed),
        ("PROXY TCP4 01.2.3.4 5.6.7.8 1 2\r\n", malformed),
        ("PROXY TCP4 1.2.3.256 5.6.7.8 1 2\r\n", malformed),
        ("PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n", malformed),
        ("PROXY TCP4 ::1 ::2 1 2\r\n", malformed),
        ("PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n", malformed),
        ("PROXY TCP6 ::1%eth0 ::2 1 2\r\n", malformed),
        ("PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n", malformed),
        ("PROXY TCP4 1.2.3.4 5.6.7.8 +1 2\r\n", malformed),
        ("PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n", malformed),
        ("PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n", malformed),
        ("PROXY \r\n", malformed),
        ("PROXY UNKNOWNS\r\n", malformed),
        ("PROXX TCP4 1.2.3.4 5.6.7.8 1 2\r\n", Err(HeaderFault::Missing)),
        ("GET / HTTP/1.1\r\n\r\n", Err(HeaderFault::Missing)),
        ("\r\nPROXY UNKNOWN\r\n", Err(HeaderFault::Missing)),
    ]
}

/// A header of version 2 with these octets behind its signature, and the length of its payload put in.
fn binary(command: u8, kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u16).to_be_bytes();
    [SIGNATURE.as_slice(), &[command, kind], &length, payload].concat()
}

const IPV4: &[u8] = &[192, 0, 2, 1, 198, 51, 100, 2, 0x1f, 0x90, 0x00, 0x50];

fn ipv6() -> Vec<u8> {
    let octets = |text: &str| text.parse::<std::net::Ipv6Addr>().unwrap().octets();
    [octets("2001:db8::1").as_slice(), &octets("2001:db8::2"), &[0x1f, 0x90, 0x00, 0x50]].concat()
}

fn extension(kind: u8, value: &[u8]) -> Vec<u8> {
    [&[kind], (value.len() as u16).to_be_bytes().as_slice(), value].concat()
}

/// A header whose last extension is its checksum.
fn summed(payload: &[u8]) -> Vec<u8> {
    let mut header = binary(0x21, 0x11, &[payload, &extension(CRC32C, &[0; 4])].concat());
    let sum = crc32c(header.iter().copied()).to_be_bytes();
    let at = header.len() - 4;
    header[at..].copy_from_slice(&sum);
    header
}

fn binaries() -> Vec<(Vec<u8>, Result<Claim, HeaderFault>)> {
    let client = tcp("192.0.2.1:8080", "198.51.100.2:80");
    let malformed = Err(HeaderFault::Malformed);
    let with = |extensions: &[u8]| binary(0x21, 0x11, &[IPV4, extensions].concat());
    let mut wrong_sum = summed(IPV4);
    wrong_sum[17] ^= 1;
    vec![
        (binary(0x21, 0x11, IPV4), Ok(client)),
        (binary(0x21, 0x21, &ipv6()), Ok(tcp("[2001:db8::1]:8080", "[2001:db8::2]:80"))),
        (binary(0x21, 0x31, &[b'a'; 216]), Ok(Claim::Unix)),
        (binary(0x20, 0x00, &[]), Ok(Claim::Own)),
        (binary(0x20, 0x11, IPV4), Ok(Claim::Own)),
        (binary(0x20, 0x21, &[1, 2, 3]), Ok(Claim::Own)),
        (binary(0x21, 0x00, &[]), Ok(Claim::Own)),
        (binary(0x21, 0x00, &[9; 40]), Ok(Claim::Own)),
        (binary(0x21, 0x01, IPV4), Ok(Claim::Own)),
        (binary(0x21, 0x10, IPV4), Ok(Claim::Own)),
        (binary(0x21, 0x12, IPV4), Ok(Claim::Own)),
        (binary(0x21, 0x22, &ipv6()), Ok(Claim::Own)),
        (with(&extension(0x02, b"shop.example.com")), Ok(client)),
        (
            with(&[extension(0x04, b""), extension(0x20, &[1, 0, 0, 0, 0, 0x21, 0, 1, b'3'])].concat()),
            Ok(client),
        ),
        (summed(IPV4), Ok(client)),
        (summed(&[IPV4, &extension(0x05, &[7; 128])].concat()), Ok(client)),
        (wrong_sum, Err(HeaderFault::Checksum)),
        (with(&extension(CRC32C, &[0; 4])), Err(HeaderFault::Checksum)),
        (with(&extension(CRC32C, &[0; 3])), malformed),
        (with(&[0x02]), malformed),
        (with(&[0x02, 0]), malformed),
        (with(&[0x02, 0, 2, 1]), malformed),
        (binary(0x21, 0x11, &IPV4[..11]), malformed),
        (binary(0x21, 0x21, IPV4), malformed),
        (binary(0x21, 0x31, &[0; 215]), malformed),
        (binary(0x22, 0x11, IPV4), malformed),
        (binary(0x11, 0x11, IPV4), malformed),
        (binary(0x31, 0x11, IPV4), malformed),
        (binary(0x21, 0x41, IPV4), malformed),
        (binary(0x21, 0x13, IPV4), malformed),
    ]
}

fn all() -> Vec<(Vec<u8>, Result<Claim, HeaderFault>)> {
    lines().into_iter().map(|(line, wanted)| (line.as_bytes().to_vec(), wanted)).chain(binaries()).collect()
}

#[test]
fn each_header_says_one_thing_and_ends_where_it_ends() {
    for (header, wanted) in all() {
        let shown = String::from_utf8_lossy(&header).into_owned();
        let whole = wanted.map(|claim| Some((header.len(), claim)));
        assert_eq!(read(&header, HEADER_BYTES_MAX), whole, "{shown:?}");
        let followed = [header.as_slice(), b"PROXY GET / HTTP/1.1\r\n\r\n"].concat();
        assert_eq!(read(&followed, HEADER_BYTES_MAX), whole, "{shown:?} with a payload");
    }
}

#[test]
fn however_it_is_cut_it_is_the_same() {
    for (header, wanted) in all() {
        let shown = String::from_utf8_lossy(&header).into_owned();
        for cut in 0..header.len() {
            match (read(&header[..cut], HEADER_BYTES_MAX), wanted) {
                (Ok(None), _) => {}
                (Err(found), Err(wanted)) => assert_eq!(found, wanted, "{shown:?} cut at {cut}"),
                (found, _) => panic!("{shown:?} cut at {cut} is {found:?}"),
            }
        }
    }
}

#[test]
fn nobody_waits_for_what_cannot_become_a_header() {
    let line = [b"PROXY UNKNOWN ".as_slice(), &[b'x'; LINE_BYTES_MAX]].concat();
    assert_eq!(read(&line[..LINE_BYTES_MAX - 1], 4096), Ok(None));
    assert_eq!(read(&line[..LINE_BYTES_MAX], 4096), Err(HeaderFault::Malformed));
    assert_eq!(read(b"PROXY TCP4 1.2.3.4\n", 4096), Err(HeaderFault::Malformed));
    assert_eq!(read(b"G", 4096), Err(HeaderFault::Missing));
    let long = binary(0x21, 0x00, &[0; 4081]);
    assert_eq!(read(&long[..FIXED_BYTES], 4096), Err(HeaderFault::TooLarge));
    assert_eq!(read(&long[..FIXED_BYTES], 4097), Ok(None));
    assert_eq!(read(&long, 4097), Ok(Some((4097, Claim::Own))));
}

#[test]
fn the_checksum_is_that_of_the_standard() {
    assert_eq!(crc32c(b"123456789".iter().copied()), 0xe306_9283);
    assert_eq!(crc32c([0; 32].into_iter()), 0x8a91_36aa);
}

#[test]
fn what_is_written_reads_as_the_same() {
    let header = |version, ends| Announcement { version, ends }.header();
    for version in [ProxyVersion::V1, ProxyVersion::V2] {
        for (source, destination) in [
            ("192.0.2.1:8080", "198.51.100.2:80"),
            ("[2001:db8::1]:1", "[::1]:65535"),
            ("0.0.0.0:0", "255.255.255.255:65535"),
        ] {
            let claim = tcp(source, destination);
            let Claim::Tcp(ends) = claim else { unreachable!("it has ends") };
            let header = header(version, Some(ends));
            assert_eq!(read(&header, 4096), Ok(Some((header.len(), claim))), "{header:?}");
        }
        let header = header(version, None);
        assert_eq!(read(&header, 4096), Ok(Some((header.len(), Claim::Own))), "{header:?}");
    }
    let ends = Ends { source: "192.0.2.1:1".parse().unwrap(), destination: "[::1]:2".parse().unwrap() };
    let mixed = header(ProxyVersion::V1, Some(ends));
    assert_eq!(mixed, b"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n");
}

#[test]
fn any_bytes_are_read_without_harm() {
    let mut rng = fastrand::Rng::with_seed(7);
    let seeds = all();
    for _ in 0..50_000 {
        let (mut bytes, _) = seeds[rng.usize(..seeds.len())].clone();
        for _ in 0..rng.usize(1..4) {
            let at = rng.usize(..bytes.len());
            match rng.u8(..3) {
                0 => bytes[at] = rng.u8(..),
                1 => bytes.insert(at, rng.u8(..)),
                _ => bytes.truncate(at + 1),
            }
        }
        let whole = read(&bytes, 4096);
        if let Ok(Some((length, _))) = whole {
            assert!(length <= bytes.len().min(4096), "{bytes:?}");
            assert_eq!(read(&bytes[..length], 4096), whole, "what follows means nothing: {bytes:?}");
            let early = (0..length).find(|cut| read(&bytes[..*cut], 4096) != Ok(None));
            assert_eq!(early, None, "it was whole before: {bytes:?}");
        }
    }
}

#[test]
fn what_means_nothing_may_be_no_text() {
    let line = b"PROXY UNKNOWN \xff\xfe\r\n".as_slice();
    assert_eq!(read(line, 536), Ok(Some((line.len(), Claim::Own))));
    assert_eq!(read(b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\xff\r\n", 536), Err(HeaderFault::Malformed));
}
