use super::*;

#[test]
fn a_media_type_is_that_of_grpc_or_of_something_else() {
    for (value, is_grpc) in [
        ("application/grpc", true),
        ("application/grpc+proto", true),
        ("application/grpc+json", true),
        ("application/grpc;charset=utf-8", true),
        ("application/grpc-web", false),
        ("application/grpc-web+proto", false),
        ("application/grpc-web-text", false),
        ("application/json", false),
        ("application/grp", false),
        ("", false),
    ] {
        assert_eq!(is_media_type(value.as_bytes()), is_grpc, "{value}");
    }
}

#[test]
fn a_status_is_a_number_of_one() {
    for (value, wanted) in [
        ("0", GrpcStatus::Ok),
        ("14", GrpcStatus::Unavailable),
        ("16", GrpcStatus::Unauthenticated),
        ("17", GrpcStatus::Unknown),
        ("-1", GrpcStatus::Unknown),
        ("99999999999", GrpcStatus::Unknown),
        ("OK", GrpcStatus::Unknown),
        ("", GrpcStatus::Unknown),
    ] {
        let mut fields = Fields::default();
        assert_eq!(status(&fields), None);
        fields.add(b"Grpc-Status", |text| text.extend_from_slice(value.as_bytes()));
        assert_eq!(status(&fields), Some(wanted), "{value}");
    }
}

#[test]
fn messages_are_percent_encoded() {
    for (text, wanted) in [
        ("503 no-endpoint\n", "503 no-endpoint"),
        ("50%", "50%25"),
        ("two\nlines", "two%0Alines"),
        ("Grüße ~", "Gr%C3%BC%C3%9Fe ~"),
        ("", ""),
    ] {
        assert_eq!(message(text), wanted);
    }
    assert_eq!(message(&"x".repeat(5000)), "x".repeat(1024));
    assert_eq!(message(&"€".repeat(5000)), "%E2%82%AC".repeat(341), "no letter is cut in two");
}

#[test]
fn a_time_limit_has_up_to_eight_digits_and_a_unit() {
    for (value, wanted) in [
        ("1H", Some(Duration::from_secs(3600))),
        ("2M", Some(Duration::from_secs(120))),
        ("30S", Some(Duration::from_secs(30))),
        ("100m", Some(Duration::from_millis(100))),
        ("7u", Some(Duration::from_micros(7))),
        ("1n", Some(Duration::from_nanos(1))),
        ("0S", Some(Duration::ZERO)),
        ("00000001S", Some(Duration::from_secs(1))),
        ("99999999H", Some(Duration::from_secs(99_999_999 * 3600))),
        ("100000000S", None),
        ("", None),
        ("S", None),
        ("5", None),
        ("5s", None),
        ("5 S", None),
        ("+5S", None),
        ("-5S", None),
        ("5.5S", None),
        ("5SS", None),
        ("\u{665}S", None),
    ] {
        assert_eq!(timeout(value.as_bytes()), wanted, "{value}");
    }
}

#[test]
fn a_time_limit_is_written_as_finely_as_it_can_be_and_never_longer() {
    for (left, wanted) in [
        (Duration::ZERO, "1n"),
        (Duration::from_nanos(99_999_999), "99999999n"),
        (Duration::from_nanos(100_000_999), "100000u"),
        (Duration::from_secs(5), "5000000u"),
        (Duration::from_secs(100), "100000m"),
        (Duration::from_secs(100_000), "100000S"),
        (Duration::from_secs(100_000_059), "1666667M"),
        (Duration::from_secs(99_999_999 * 3600), "99999999H"),
        (Duration::MAX, "99999999H"),
    ] {
        let mut text = Vec::new();
        write_timeout(left, &mut text);
        assert_eq!(String::from_utf8_lossy(&text), wanted, "{left:?}");
        assert!(timeout(&text).unwrap() <= left.max(Duration::from_nanos(1)), "{left:?}");
    }
}
