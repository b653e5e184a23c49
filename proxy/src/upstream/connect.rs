//! A new connection to an endpoint.

use std::net::SocketAddr;

use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::outcome::Reason;
use crate::sys::timer::{Elapsed, Timer};

/// Connects, until `due` at the latest.
///
/// # Errors
/// The endpoint refuses, cannot be reached, or does not answer in time.
pub async fn connect(address: SocketAddr, timer: &Timer, due: Option<Instant>) -> Result<TcpStream, Reason> {
    match timer.within(due, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => {
            stream.set_nodelay(true).map_err(|_| Reason::ConnectFailure)?;
            Ok(stream)
        }
        Ok(Err(_)) => Err(Reason::ConnectFailure),
        Err(Elapsed) => Err(Reason::ConnectTimeout),
    }
}
