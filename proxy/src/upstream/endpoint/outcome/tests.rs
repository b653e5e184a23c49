use super::*;

#[test]
fn answers_are_judged_by_the_status_that_counts() {
    use GrpcStatus::{
        DeadlineExceeded, Internal, NotFound, Ok, PermissionDenied, Unavailable, Unimplemented,
    };
    let rows = [
        (200, None, Outcome::Success),
        (304, None, Outcome::Success),
        (404, None, Outcome::Success),
        (429, None, Outcome::Success),
        (500, None, Outcome::Error),
        (501, None, Outcome::Error),
        (502, None, Outcome::Gateway),
        (503, None, Outcome::Gateway),
        (504, None, Outcome::Gateway),
        (505, None, Outcome::Error),
        (200, Some(Ok), Outcome::Success),
        (200, Some(NotFound), Outcome::Success),
        (200, Some(PermissionDenied), Outcome::Success),
        (200, Some(Unimplemented), Outcome::Success),
        (200, Some(Internal), Outcome::Error),
        (200, Some(Unavailable), Outcome::Gateway),
        (200, Some(DeadlineExceeded), Outcome::Gateway),
        (503, Some(Unavailable), Outcome::Gateway),
    ];
    for (status, grpc, expected) in rows {
        assert_eq!(Outcome::answered(status, grpc), expected, "{status} {grpc:?}");
    }
}

#[test]
fn only_what_the_endpoint_did_counts_against_it() {
    let blamed: Vec<_> = Reason::ALL
        .iter()
        .filter(|reason| Outcome::failed(**reason).is_some())
        .map(|one| one.code())
        .collect();
    let expected = [
        "timeout",
        "response-timeout",
        "per-try-timeout",
        "connect-timeout",
        "connect-failure",
        "reset",
        "bad-response",
        "response-head-too-large",
    ];
    assert_eq!(blamed, expected);
}
