#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

#[test]
fn sizes() {
    let good =
        [("0", 0), ("100", 100), ("100B", 100), ("10KiB", 10_240), ("10 KiB", 10_240), ("1MB", 1_000_000)];
    for (text, bytes) in good {
        assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
    }
    for text in ["", "KiB", "-1", "1.5KiB", "10kib", "1PiB", "99999999999999999999", "2000GiB"] {
        let refusal = text.parse::<Size>().unwrap_err();
        assert!(refusal.contains(&format!("`{text}`")), "{refusal}");
    }
}

#[test]
fn shares() {
    for (text, inside, outside) in [("1%", 0.0099, 0.01), ("0.1%", 0.00099, 0.001), ("50 %", 0.49, 0.5)] {
        let share: Share = text.parse().unwrap();
        assert!(share.holds(inside) && !share.holds(outside), "{text}");
    }
    assert!(!"0%".parse::<Share>().unwrap().holds(0.0));
    assert!("100%".parse::<Share>().unwrap().holds(0.999_999));
    for text in ["1", "%", "-1%", "101%", "NaN%", "inf%", "one%"] {
        assert!(text.parse::<Share>().is_err(), "{text}");
    }
}

#[test]
fn times() {
    assert_eq!(time("0s"), Ok(Duration::ZERO));
    assert_eq!(some_time("10ms"), Ok(Duration::from_millis(10)));
    for text in ["0s", "", "10", "ten seconds", "2days"] {
        assert!(some_time(text).is_err(), "{text}");
    }
}

#[test]
fn delays() {
    let millis = Duration::from_millis;
    let one: Delay = "10ms".parse().unwrap();
    assert_eq!((one.at(0.0), one.at(0.9)), (millis(10), millis(10)));
    let range: Delay = "5ms..25ms".parse().unwrap();
    assert_eq!((range.at(0.0), range.at(0.5)), (millis(5), millis(15)));
    for text in ["20ms..5ms", "..5ms", "5ms..", "5"] {
        assert!(text.parse::<Delay>().is_err(), "{text}");
    }
}

#[test]
fn trickles() {
    let trickle: Trickle = "10/50ms".parse().unwrap();
    assert_eq!((trickle.bytes.get(), trickle.interval), (10, Duration::from_millis(50)));
    for text in ["10", "0/50ms", "10/0ms", "10/", "/50ms"] {
        assert!(text.parse::<Trickle>().is_err(), "{text}");
    }
}

#[test]
fn rates() {
    let rates = |text: &str| text.parse().map(|Rates(rates)| rates.iter().map(|rate| rate.get()).collect());
    assert_eq!(rates("5000"), Ok(vec![5000]));
    assert_eq!(rates("1000:3000/1000"), Ok(vec![1000, 2000, 3000]));
    assert_eq!(rates("1000:3500/1000"), Ok(vec![1000, 2000, 3000]));
    assert_eq!(rates("7:7/1"), Ok(vec![7]));
    assert_eq!(rates("1:100/1").unwrap_or_default().len(), 100);
    let bad = [
        "",
        "0",
        "-1",
        "1.5",
        "5k",
        "100000000",
        "1000:",
        "1000:2000",
        "2000:1000/100",
        "0:10/1",
        "1:9/0",
        "1:101/1",
    ];
    for text in bad {
        assert!(rates(text).is_err(), "{text}");
    }
}

#[test]
fn labels_are_names_and_values() {
    let label = |name: &str, value: &str| Ok(Label { name: name.into(), value: value.into() });
    assert_eq!("app=web".parse(), label("app", "web"));
    assert_eq!("app==".parse(), label("app", "="));
    for text in ["", "app", "=web"] {
        assert!(text.parse::<Label>().is_err(), "{text}");
    }
}
