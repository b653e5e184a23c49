//! A new connection to an endpoint.

use std::io;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::Instant;
use towpath_config::model::Address;

use crate::codec::proxy_protocol::Announcement;
use crate::outcome::Reason;
use crate::sys::stream::Stream;
use crate::sys::timer::{Elapsed, Timer};

/// Connects, and sends the header that goes before everything, until `due` at the latest.
///
/// # Errors
/// The endpoint refuses, cannot be reached, or does not answer in time.
pub async fn connect(
    address: &Address,
    announcement: Option<&Announcement>,
    timer: &Timer,
    due: Option<Instant>,
) -> Result<Stream, Reason> {
    match timer.within(due, reach(address, announcement.map(Announcement::header))).await {
        Ok(outcome) => outcome.map_err(|fault| {
            tracing::debug!(endpoint = %address, %fault, "an endpoint cannot be connected to");
            Reason::ConnectFailure
        }),
        Err(Elapsed) => {
            tracing::debug!(endpoint = %address, "an endpoint does not take a connection in time");
            Err(Reason::ConnectTimeout)
        }
    }
}

/// Connects, and sends what goes before everything, however long it takes.
///
/// # Errors
/// The endpoint refuses, or cannot be reached.
pub async fn reach(address: &Address, header: Option<Vec<u8>>) -> io::Result<Stream> {
    let (mut stream, peer) = match address {
        Address::Ip(address) => (Stream::Tcp(TcpStream::connect(address).await?), Some(address.ip())),
        Address::Unix(address) => (Stream::Unix(UnixStream::connect(address.path()).await?), None),
    };
    stream.tune(peer)?;
    if let Some(header) = header {
        stream.write_all(&header).await?;
    }
    Ok(stream)
}
