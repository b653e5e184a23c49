use proptest::prelude::*;

use super::Percent;
use crate::language::{Word, Write};

#[test]
fn reads_and_writes() {
    for (text, millionths, written) in [
        ("5%", 50_000, "5%"),
        ("0.1%", 1_000, "0.1%"),
        ("100%", 1_000_000, "100%"),
        ("12.50%", 125_000, "12.5%"),
        ("0.0001%", 1, "0.0001%"),
    ] {
        let percent = Percent::parse(text).expect(text);
        assert_eq!((percent.0, percent.write().as_str()), (millionths, Some(written)), "{text}");
    }
}

#[test]
fn says_what_would_be_right() {
    for (text, help) in [
        ("5", "a percentage is written with its sign: `5%`"),
        ("%", "write `5%`"),
        ("-1%", "write `5%`"),
        ("1.%", "write `5%`"),
        ("0.00001%", "write `5%`"),
        ("0%", "write more than 0%"),
        ("100.1%", "write more than 0%"),
        ("99999999999%", "write more than 0%"),
    ] {
        let wrong = Percent::parse(text).expect_err(text);
        assert!(wrong.help.starts_with(help), "{text}: {}", wrong.help);
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(millionths in 1u32..=1_000_000) {
        let written = Percent(millionths).write();
        prop_assert_eq!(Percent::parse(written.as_str().unwrap()).unwrap().0, millionths);
    }
}

#[test]
fn a_share_of_all_numbers_is_in_it() {
    let numbers = (0..1000_u64).map(|step| step * (u64::MAX / 999));
    for (percent, wanted) in [(1_000_000, 1000), (500_000, 500), (1_000, 1), (100_000, 100)] {
        assert_eq!(
            numbers.clone().filter(|number| Percent(percent).holds(*number)).count(),
            wanted,
            "{percent}"
        );
    }
}
