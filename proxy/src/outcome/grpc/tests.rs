use super::GrpcStatus;
use crate::outcome::{Reason, is_failure};

#[test]
fn codes_are_positions() {
    for (position, status) in GrpcStatus::ALL.iter().enumerate() {
        assert_eq!(usize::from(status.code()), position);
        assert_eq!(GrpcStatus::of_code(status.code()), *status);
    }
    assert_eq!(GrpcStatus::of_code(17), GrpcStatus::Unknown);
}

#[test]
fn http_says_nothing_of_success() {
    let succeeding = (0..=999).filter(|status| GrpcStatus::of_http(*status) == GrpcStatus::Ok);
    assert_eq!(succeeding.count(), 0);
}

#[test]
fn no_reason_is_a_success_or_taken_for_a_word_of_the_application() {
    // statuscodes.md: the library never makes these, so that who sees them knows who spoke
    let of_applications =
        ["INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "FAILED_PRECONDITION", "ABORTED"];
    for reason in Reason::ALL {
        let status = reason.grpc_status();
        assert_ne!(status, GrpcStatus::Ok, "{reason}");
        assert!(!of_applications.contains(&status.name()), "{reason}: {status}");
    }
}

#[test]
fn what_a_caller_brings_about_is_no_failure() {
    for (status, grpc, failed) in [
        (200, None, false),
        (404, None, false),
        (499, None, false),
        (500, None, true),
        (504, None, true),
        (600, None, false),
        (200, Some("OK"), false),
        (200, Some("CANCELLED"), false),
        (200, Some("UNKNOWN"), true),
        (200, Some("INVALID_ARGUMENT"), false),
        (200, Some("DEADLINE_EXCEEDED"), true),
        (200, Some("NOT_FOUND"), false),
        (200, Some("ALREADY_EXISTS"), false),
        (200, Some("PERMISSION_DENIED"), false),
        (200, Some("RESOURCE_EXHAUSTED"), false),
        (200, Some("FAILED_PRECONDITION"), false),
        (200, Some("ABORTED"), false),
        (200, Some("OUT_OF_RANGE"), false),
        (200, Some("UNIMPLEMENTED"), false),
        (200, Some("INTERNAL"), true),
        (200, Some("UNAVAILABLE"), true),
        (200, Some("DATA_LOSS"), true),
        (200, Some("UNAUTHENTICATED"), false),
    ] {
        let of_name = |name| *GrpcStatus::ALL.iter().find(|status| status.name() == name).unwrap();
        assert_eq!(is_failure(status, grpc.map(of_name)), failed, "{status} {grpc:?}");
    }
}
