//! A short message of WebSocket (RFC 6455 §5.2).

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Longer ones have a length in more than one octet, which is not spoken here.
const BYTES_MAX: u8 = 125;

/// Text, in one frame.
const TEXT: u8 = 0x81;
const MASKED: u8 = 0x80;

/// Sends a text; a client masks it.
///
/// # Errors
/// When the connection fails, or the text is too long.
pub async fn write(to: &mut (impl AsyncWrite + Unpin), text: &str, mask: Option<[u8; 4]>) -> io::Result<()> {
    let length = u8::try_from(text.len()).ok().filter(|length| *length <= BYTES_MAX);
    let length = length.ok_or(io::ErrorKind::InvalidInput)?;
    let mut frame = vec![TEXT, length | mask.map_or(0, |_| MASKED)];
    frame.extend_from_slice(mask.as_ref().map_or(&[], |mask| mask.as_slice()));
    frame.extend(masked(text.as_bytes(), mask));
    to.write_all(&frame).await?;
    to.flush().await
}

/// Receives a text.
///
/// # Errors
/// When the connection fails, or what comes is none.
pub async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let (kind, length) = (from.read_u8().await?, from.read_u8().await?);
    if kind != TEXT || length & !MASKED > BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mask = if length & MASKED == 0 { None } else { Some(from.read_u32().await?.to_be_bytes()) };
    let mut payload = vec![0; usize::from(length & !MASKED)];
    from.read_exact(&mut payload).await?;
    String::from_utf8(masked(&payload, mask).collect()).map_err(|_| io::ErrorKind::InvalidData.into())
}

fn masked(payload: &[u8], mask: Option<[u8; 4]>) -> impl Iterator<Item = u8> {
    let mask = mask.unwrap_or_default().into_iter().cycle();
    payload.iter().zip(mask).map(|(octet, mask)| octet ^ mask)
}

#[cfg(test)]
mod tests;
