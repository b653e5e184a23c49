//! A new connection to an endpoint.

use std::io;

use tokio::net::{TcpStream, UnixStream};
use tokio::time::Instant;
use towpath_config::model::Address;

use crate::outcome::Reason;
use crate::sys::stream::Stream;
use crate::sys::timer::{Elapsed, Timer};

/// Connects, until `due` at the latest.
///
/// # Errors
/// The endpoint refuses, cannot be reached, or does not answer in time.
pub async fn connect(address: &Address, timer: &Timer, due: Option<Instant>) -> Result<Stream, Reason> {
    match timer.within(due, reach(address)).await {
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

async fn reach(address: &Address) -> io::Result<Stream> {
    let (stream, peer) = match address {
        Address::Ip(address) => (Stream::Tcp(TcpStream::connect(address).await?), Some(address.ip())),
        Address::Unix(address) => (Stream::Unix(UnixStream::connect(address.path()).await?), None),
    };
    stream.tune(peer).map(|()| stream)
}
