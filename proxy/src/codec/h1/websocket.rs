//! The little of WebSocket that a gateway between the versions of HTTP has to know: its handshake over HTTP/1.1
//! (RFC 6455 §4), of which over HTTP/2 only the name is left (RFC 8441 §5). Its frames are octets of a tunnel.

use sha1_smol::Sha1;

use crate::codec::base64;

/// Its name, in `Upgrade` and in `:protocol`.
pub const NAME: &str = "websocket";

/// The field by which a client shows that it means it.
pub const KEY: &str = "sec-websocket-key";

/// How long a key is.
pub const KEY_BYTES: usize = 24;

/// The field in which the server shows that it has understood.
pub const ACCEPT: &str = "sec-websocket-accept";

/// What is put behind the key (RFC 6455 §1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What the server makes of a key: its digest in base64.
pub type Accept = [u8; 28];

/// A new key: 16 random octets in base64.
#[must_use]
pub fn new_key(rng: &mut fastrand::Rng) -> [u8; KEY_BYTES] {
    text(&rng.u128(..).to_be_bytes())
}

/// What the server makes of this key (RFC 6455 §4.2.2).
#[must_use]
pub fn accept(key: &[u8]) -> Accept {
    let mut digest = Sha1::from(key);
    digest.update(GUID);
    text(&digest.digest().bytes())
}

/// RFC 4648 §4. `N` is what so many octets come to.
fn text<const N: usize>(octets: &[u8]) -> [u8; N] {
    let mut text = [b'='; N];
    for (octets, places) in octets.chunks(3).zip(text.chunks_exact_mut(4)) {
        places.copy_from_slice(&base64::group(octets));
    }
    text
}

#[cfg(test)]
mod tests;
