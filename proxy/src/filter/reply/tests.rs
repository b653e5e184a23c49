use super::*;

fn spoken(reply: LocalReply<'_>) -> (u16, String, Vec<(&'static str, String)>) {
    let mut reply = reply;
    reply.speak_grpc();
    assert_eq!((reply.body.as_ref(), reply.content_type.as_ref()), ("", "application/grpc"));
    (reply.status, reply.grpc.unwrap().to_string(), reply.fields.into_vec())
}

#[test]
fn grpc_has_its_status_and_the_text_in_fields() {
    let (status, grpc, fields) = spoken(Reason::NoEndpoint.into());
    assert_eq!((status, grpc.as_str()), (200, "UNAVAILABLE"));
    assert_eq!(fields, [("grpc-status", "14".to_owned()), ("grpc-message", "503 no-endpoint".to_owned())]);
}

#[test]
fn what_the_table_answers_means_what_its_status_means() {
    for (reason, status, wanted) in [
        (Reason::DirectResponse, 200, "UNKNOWN"),
        (Reason::DirectResponse, 401, "UNAUTHENTICATED"),
        (Reason::DirectResponse, 403, "PERMISSION_DENIED"),
        (Reason::DirectResponse, 404, "UNIMPLEMENTED"),
        (Reason::DirectResponse, 503, "UNAVAILABLE"),
        (Reason::DirectResponse, 418, "UNKNOWN"),
        (Reason::Redirect, 308, "UNKNOWN"),
        (Reason::Maintenance, 503, "UNAVAILABLE"),
    ] {
        let reply = LocalReply { status, ..LocalReply::from(reason) };
        assert_eq!(spoken(reply).1, wanted, "{reason} {status}");
    }
}

#[test]
fn who_has_gone_is_told_nothing() {
    let mut reply = LocalReply::from(Reason::ClientGone);
    reply.speak_grpc();
    assert_eq!((reply.status, reply.grpc, reply.fields.len()), (499, Some(GrpcStatus::Cancelled), 0));
}
