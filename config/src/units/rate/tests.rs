use std::time::Duration;

use crate::language::{Word, Write};
use crate::model::Rate;

#[test]
fn rates_have_units() {
    for (text, count, seconds) in [("10/s", 10, 1), ("600/min", 600, 60), ("5/h", 5, 3600)] {
        let rate = Rate::parse(text).ok();
        assert_eq!(rate, Some(Rate { count, per: Duration::from_secs(seconds) }), "{text}");
        assert_eq!(rate.map(|rate| rate.write()), Some(text.into()), "{text}");
    }
    for text in ["", "10", "10/", "/s", "10/m", "0/s", "1.5/s", "-1/s", "10000001/s", "10 /s", "10/s/s"] {
        assert!(Rate::parse(text).is_err(), "{text}");
    }
}
