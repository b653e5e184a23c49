use super::GrpcStatus;
use crate::outcome::Reason;

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
