use proptest::prelude::*;
use towpath_config::model::PathNormalization::{self, Base, DecodeAndMergeSlashes, MergeSlashes};

use super::{PathFault, normalize};

const MODES: [PathNormalization; 4] = [PathNormalization::None, Base, MergeSlashes, DecodeAndMergeSlashes];

fn plain(path: &str, mode: PathNormalization) -> Result<String, PathFault> {
    normalize(path, mode, &mut String::new()).map(str::to_owned)
}

/// Each row: what came, and what becomes of it in the modes base, merge-slashes, decode-and-merge-slashes.
const ROWS: &[(&str, [&str; 3])] = &[
    ("/", ["/"; 3]),
    ("/a/b", ["/a/b"; 3]),
    ("/a/", ["/a/"; 3]),
    ("/a/.", ["/a/"; 3]),
    ("/a/./b", ["/a/b"; 3]),
    ("/a/..", ["/"; 3]),
    ("/a/../b", ["/b"; 3]),
    ("/a/b/../", ["/a/"; 3]),
    ("/..", ["/"; 3]),
    ("/../../x", ["/x"; 3]),
    ("/.well-known/x", ["/.well-known/x"; 3]),
    ("/...", ["/..."; 3]),
    ("/..a/.b/c.", ["/..a/.b/c."; 3]),
    ("/a/%2e%2E/b", ["/b"; 3]),
    ("/a/.%2e/b", ["/b"; 3]),
    ("/%7euser/%41%2D%5f", ["/~user/A-_"; 3]),
    ("/a\\b", ["/a/b"; 3]),
    ("/a\\..\\b", ["/b"; 3]),
    ("//a", ["//a", "/a", "/a"]),
    ("/a//b///", ["/a//b///", "/a/b/", "/a/b/"]),
    ("/a//../b", ["/a/b", "/b", "/b"]),
    ("//..", ["/"; 3]),
    ("/a%2Fb", ["/a%2Fb", "/a%2Fb", "/a/b"]),
    ("/a%2fb", ["/a%2fb", "/a%2fb", "/a/b"]),
    ("/a%5Cb", ["/a%5Cb", "/a%5Cb", "/a/b"]),
    ("/a%2F%2Fb", ["/a%2F%2Fb", "/a%2F%2Fb", "/a/b"]),
    ("/a%2F..%2Fb", ["/a%2F..%2Fb", "/a%2F..%2Fb", "/b"]),
    ("/a%252Fb", ["/a%252Fb"; 3]),
    ("/a%25%32%46b", ["/a%252Fb"; 3]),
    ("/caf%C3%A9/%c3%a9", ["/caf%C3%A9/%c3%a9"; 3]),
    ("/é/../ü", ["/ü"; 3]),
    ("/%3F%23%20", ["/%3F%23%20"; 3]),
];

#[test]
fn each_mode_has_its_spelling() {
    for (path, wanted) in ROWS {
        for (mode, wanted) in MODES[1..].iter().zip(wanted) {
            assert_eq!(plain(path, *mode).as_deref(), Ok(*wanted), "{path} in {mode:?}");
        }
        assert_eq!(plain(path, PathNormalization::None).as_deref(), Ok(*path), "{path} as it came");
    }
}

#[test]
fn faults_are_found_in_every_mode() {
    let rows = [
        ("", PathFault::Relative),
        ("a", PathFault::Relative),
        ("*", PathFault::Relative),
        ("\\a", PathFault::Relative),
        ("/%", PathFault::Encoding),
        ("/%4", PathFault::Encoding),
        ("/%4g", PathFault::Encoding),
        ("/%+1", PathFault::Encoding),
        ("/%%34%31", PathFault::Encoding),
        ("/%é", PathFault::Encoding),
        ("/../%zz/..", PathFault::Encoding),
        ("/%00", PathFault::Control),
        ("/a%0d%0ab", PathFault::Control),
        ("/%7F", PathFault::Control),
    ];
    for (path, fault) in rows {
        for mode in MODES {
            assert_eq!(plain(path, mode), Err(fault), "{path} in {mode:?}");
        }
    }
}

#[test]
fn a_plain_path_is_not_copied() {
    let path = "/.well-known/a.b/%2F/..c";
    let mut scratch = String::new();
    let same = normalize(path, MergeSlashes, &mut scratch).unwrap();
    assert_eq!(same.as_ptr(), path.as_ptr());
}

/// RFC 3986 §5.2.4 as the RFC tells it, letter by letter: the oracle.
fn remove_dot_segments(path: &str) -> String {
    let (mut input, mut output) = (path.to_owned(), String::new());
    while !input.is_empty() {
        if input.starts_with("/./") {
            input.replace_range(..2, "");
        } else if input == "/." {
            input = "/".to_owned();
        } else if input.starts_with("/../") || input == "/.." {
            input.replace_range(..3, "");
            if input.is_empty() {
                input.push('/');
            }
            output.truncate(output.rfind('/').unwrap_or(0));
        } else {
            let end = input[1..].find('/').map_or(input.len(), |position| position + 1);
            output.push_str(&input[..end]);
            input.replace_range(..end, "");
        }
    }
    output
}

proptest! {
    #[test]
    fn dot_segments_go_as_the_rfc_says(path in "/[a./]{0,16}") {
        prop_assert_eq!(plain(&path, Base), Ok(remove_dot_segments(&path)));
    }

    #[test]
    fn twice_is_once(path in "/([a./\\\\é]|%2[Ff]|%5c|%2[eE]|%25|%4[0-9]|%3[0-9]){0,16}") {
        for mode in MODES {
            let once = plain(&path, mode).unwrap();
            prop_assert_eq!(plain(&once, mode), Ok(once.clone()), "{:?}", mode);
        }
    }

    #[test]
    fn no_dot_segment_survives(path in "/([a./\\\\]|%2[Ff]|%5C|%2[eE]){0,16}") {
        for mode in [Base, MergeSlashes, DecodeAndMergeSlashes] {
            let plain = plain(&path, mode).unwrap();
            prop_assert!(plain.starts_with('/'));
            prop_assert!(plain.split('/').all(|segment| segment != "." && segment != ".."), "{}", plain);
            prop_assert!(mode == Base || !plain.contains("//"), "{}", plain);
        }
    }

    #[test]
    fn nothing_panics(path in "\\PC{0,24}") {
        for mode in MODES {
            let outcome = plain(&path, mode);
            prop_assert!(outcome.is_err() || path.starts_with('/'));
        }
    }
}
