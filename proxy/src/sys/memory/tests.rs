use super::*;

#[test]
fn stages_are_left_later_than_they_are_entered() {
    let course = [
        (89, Pressure::Low),
        (90, Pressure::High),
        (86, Pressure::High),
        (99, Pressure::High),
        (100, Pressure::Full),
        (95, Pressure::Full),
        (94, Pressure::High),
        (85, Pressure::High),
        (84, Pressure::Low),
        (300, Pressure::Full),
        (50, Pressure::Low),
    ];
    let mut pressure = Pressure::Low;
    for (octets, next) in course {
        pressure = pressure.next(octets, Some(100));
        assert_eq!(pressure, next, "at {octets}%");
    }
    assert_eq!(Pressure::Full.next(u64::MAX, None), Pressure::Low, "no limit, no pressure");
    assert_eq!(Pressure::Low.next(u64::MAX, Some(u64::MAX)), Pressure::Full);
}

#[test]
fn a_process_has_some_memory() {
    let octets = resident().expect("Linux tells");
    assert!((100 << 10..64 << 30).contains(&octets), "{octets}");
}
