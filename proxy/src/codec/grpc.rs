//! What gRPC writes into heads (grpc/grpc doc/PROTOCOL-HTTP2.md). Bodies are not looked into.

use towpath_config::model::GRPC_MEDIA_TYPE;

#[cfg(test)]
mod tests;

/// Whether a `content-type` is that of gRPC. gRPC-Web is another protocol.
#[must_use]
pub fn is_media_type(value: &[u8]) -> bool {
    let rest = value.strip_prefix(GRPC_MEDIA_TYPE.as_bytes());
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

/// So much of a text becomes a message, in octets before they are encoded: clients take heads of 8 KiB.
const MESSAGE_BYTES_MAX: usize = 1024;

/// A text as the value of `grpc-message`: percent-encoded, without the line break at its end.
#[must_use]
pub fn message(text: &str) -> String {
    let text = text.trim_end();
    let ends = text.char_indices().map(|(start, letter)| start + letter.len_utf8());
    let end = ends.take_while(|end| *end <= MESSAGE_BYTES_MAX).last().unwrap_or_default();
    text.get(..end).unwrap_or_default().bytes().fold(String::new(), |mut message, byte| {
        match byte {
            b'%' | ..0x20 | 0x7f.. => message.push_str(&format!("%{byte:02X}")),
            _ => message.push(char::from(byte)),
        }
        message
    })
}
