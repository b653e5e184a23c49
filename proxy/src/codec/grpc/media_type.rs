//! What tells a call of gRPC.

use towpath_config::model::GRPC_MEDIA_TYPE;

/// Whether a `content-type` is that of gRPC. gRPC-Web is another protocol.
#[must_use]
pub fn is_media_type(value: &[u8]) -> bool {
    let rest = value.strip_prefix(GRPC_MEDIA_TYPE.as_bytes());
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}
