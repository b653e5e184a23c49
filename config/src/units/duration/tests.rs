use std::time::Duration;

use proptest::prelude::*;

use crate::language::{Word, Write};

#[test]
fn reads_every_unit() {
    for (text, millis) in [
        ("250ms", 250),
        ("30s", 30_000),
        ("5m", 300_000),
        ("1h", 3_600_000),
        ("1d", 86_400_000),
        ("1m30s", 90_000),
        ("1d2h3m4s5ms", 93_784_005),
        ("90s", 90_000),
    ] {
        assert_eq!(Duration::parse(text).expect(text), Duration::from_millis(millis), "{text}");
    }
}

#[test]
fn says_what_would_be_right() {
    for (text, help) in [
        ("30", "a time needs a unit: `30s`"),
        ("0", "write `1ms` or more, or `none` if the key may have no limit"),
        ("0s", "write `1ms` or more, or `none` if the key may have no limit"),
        ("30s1m", "write the larger unit first, and each once: `1m30s`"),
        ("1s1s", "write the larger unit first, and each once: `1m30s`"),
        ("4000d", "3650d is the longest time, or write `none` if the key may have no limit"),
        ("99999999999999999999d", "a time is written with its unit"),
        ("", "a time is written with its unit"),
        ("s", "a time is written with its unit"),
        ("1.5s", "a time is written with its unit"),
        ("-1s", "a time is written with its unit"),
        ("1 s", "a time is written with its unit"),
        ("1min", "a time is written with its unit"),
        ("1ü", "a time is written with its unit"),
    ] {
        let wrong = Duration::parse(text).expect_err(text);
        assert!(wrong.help.starts_with(help), "{text}: {}", wrong.help);
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(millis in 1u64..3650 * 86_400_000) {
        let time = Duration::from_millis(millis);
        let written = time.write();
        prop_assert_eq!(Duration::parse(written.as_str().unwrap()).unwrap(), time);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[0-9a-zü ]{0,12}") {
        if let Ok(time) = Duration::parse(&text) {
            prop_assert!(!time.is_zero());
        }
    }
}
