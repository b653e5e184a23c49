#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

#[test]
fn wishes_are_read() {
    let wish: Wish = "delay=20ms, status=503,reset,garbage,size=1MiB,trickle=10/50ms,close,".parse().unwrap();
    let wanted = Wish {
        delay: Some("20ms".parse().unwrap()),
        status: Some(503),
        size: Some(Size(1 << 20)),
        trickle: Some("10/50ms".parse().unwrap()),
        reset: true,
        garbage: true,
        close: true,
    };
    assert_eq!(wish, wanted);
    assert_eq!("".parse(), Ok(Wish::default()));
}

#[test]
fn what_cannot_be_wished_for_is_named() {
    for part in
        ["dealy=20ms", "status=99", "status=100", "status=600", "size=big", "reset=1", "close=", "delay"]
    {
        let refusal = format!("size=1,{part}").parse::<Wish>().unwrap_err();
        let named = part.split_once('=').map_or(part, |(_, value)| value);
        assert!(refusal.contains(named), "{refusal}");
    }
}
