use super::*;

/// What is preferred of all three, in the order zstd, br, gzip, by these fields.
fn of_all(lines: &[&str]) -> &'static str {
    let mut fields = Fields::default();
    lines
        .iter()
        .for_each(|line| fields.add(b"Accept-Encoding", |value| value.extend_from_slice(line.as_bytes())));
    preferred(&fields, &Algorithm::ALL).map_or("-", Algorithm::token)
}

#[test]
fn a_client_gets_what_it_likes_best() {
    let table: [(&[&str], &str); 31] = [
        (&[], "-"),
        (&[""], "-"),
        (&["gzip"], "gzip"),
        (&["GZip"], "gzip"),
        (&["x-gzip"], "gzip"),
        (&["deflate, compress"], "-"),
        (&["gzip, deflate, br, zstd"], "zstd"),
        (&["gzip", "br"], "br"),
        (&[" gzip ;q=1.0 , br ; q=0.5"], "gzip"),
        (&["br;q=0.8, zstd;q=0.8, gzip;q=0.8"], "zstd"),
        (&["gzip;q=0.001"], "gzip"),
        (&["gzip;q=0"], "-"),
        (&["gzip;q=0.000"], "-"),
        (&["*"], "zstd"),
        (&["*;q=0.1"], "zstd"),
        (&["*, zstd;q=0"], "br"),
        (&["zstd;q=0.5, *;q=0.7"], "br"),
        (&["*;q=0"], "-"),
        (&["*;q=0, gzip"], "gzip"),
        (&["identity"], "-"),
        (&["identity;q=0"], "-"),
        (&["identity;q=0, gzip;q=0.1"], "gzip"),
        (&["identity;q=0.5, gzip;q=0.4"], "-"),
        (&["identity;q=0.5, gzip;q=0.5"], "gzip"),
        (&["identity, *;q=0.9"], "-"),
        // the first word counts
        (&["gzip;q=0, gzip"], "-"),
        // what is written wrongly says nothing
        (&["gzip;q=2"], "-"),
        (&["gzip;q=1.5, br"], "br"),
        (&["gzip;q=0.1234, gzip;level=1, gzip;q=, gzip;q"], "-"),
        (&["gzip q=1, ;q=1, , br;q=0.9;x=1"], "-"),
        (&["gzip\u{e9}"], "-"),
    ];
    for (lines, expected) in table {
        assert_eq!(of_all(lines), expected, "{lines:?}");
    }
}

#[test]
fn only_what_the_route_names_is_taken_and_first_what_it_names_first() {
    let mut fields = Fields::default();
    fields.add(b"accept-encoding", |value| value.extend_from_slice(b"zstd, br, gzip, *"));
    assert_eq!(preferred(&fields, &[Algorithm::Gzip, Algorithm::Zstd]), Some(Algorithm::Gzip));
    assert_eq!(preferred(&fields, &[]), None);
}
