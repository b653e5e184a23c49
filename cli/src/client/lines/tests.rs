use super::Lines;

async fn all(text: &[u8], chunked: bool) -> (Vec<String>, bool) {
    let mut lines = Lines::new(text, chunked);
    let mut found = Vec::new();
    loop {
        match lines.next().await {
            Ok(Some(line)) => found.push(line),
            Ok(None) => return (found, true),
            Err(_) => return (found, false),
        }
    }
}

#[tokio::test]
async fn lines_come_whole_whatever_the_chunks() {
    let rows: [(&[u8], bool, &[&str], bool); 6] = [
        (b"a\nbc\r\nd", false, &["a", "bc"], true),
        (b"2\r\na\n\r\n3;x=y\r\nbc\n\r\n0\r\n\r\n", true, &["a", "bc"], true),
        (b"1\r\na\r\n1\r\nb\r\n1\r\n\n\r\n0\r\n\r\n", true, &["ab"], true),
        (b"2\r\na\n\r\n", true, &["a"], false),
        (b"zz\r\n", true, &[], false),
        (b"fffffff\r\n", true, &[], false),
    ];
    for (text, chunked, expected, whole) in rows {
        let (found, ended) = all(text, chunked).await;
        assert_eq!(
            (found.as_slice(), ended),
            (expected.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>().as_slice(), whole)
        );
    }
}
