use proptest::prelude::*;

use super::Size;
use crate::language::{Word, Write};

type Any = Size<1, { 1 << 50 }>;

#[test]
fn reads_every_unit() {
    for (text, octets) in [
        ("512B", 512),
        ("64KiB", 65_536),
        ("10MiB", 10_485_760),
        ("1GiB", 1_073_741_824),
        ("1KB", 1_000),
        ("2MB", 2_000_000),
        ("3GB", 3_000_000_000),
    ] {
        assert_eq!(Any::parse(text).expect(text).0, octets, "{text}");
    }
}

#[test]
fn says_what_would_be_right() {
    for (text, help) in [
        ("64", "a size needs a unit: `64B`, `64KiB`"),
        ("64kib", "a size is written with its unit"),
        ("KiB", "a size is written with its unit"),
        ("1.5KiB", "a size is written with its unit"),
        ("0B", "from 1B to 1048576GiB"),
        ("99999999999GiB", "from 1B to 1048576GiB"),
    ] {
        let wrong = Any::parse(text).expect_err(text);
        assert!(wrong.help.starts_with(help), "{text}: {}", wrong.help);
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(octets in 1u64..1 << 50) {
        let written = Size::<1, { 1 << 50 }>(octets).write();
        prop_assert_eq!(Any::parse(written.as_str().unwrap()).unwrap().0, octets);
    }
}
