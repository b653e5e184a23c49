//! The header of the PROXY protocol by which a proxy in front says whose connection it passes on. It is wanted of those that
//! the table names, and of nobody else is it read: whoever could choose, could be anybody.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;

use tokio::io::ReadBuf;
use towpath_config::model::{Listener, Sender};

use crate::codec::buffer::Buffer;
use crate::codec::proxy_protocol::{Claim, HeaderFault, read};
use crate::filter::forwarded::Peer;
use crate::local::Local;
use crate::observe::listener::ListenerStats;
use crate::observe::tally::ListenerCounter;
use crate::sys::stream::Origin;
use crate::sys::timer::{Elapsed, Timer};
use crate::sys::transport::Transport;

/// What is granted for a header that must come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    timeout: Duration,
    bytes: usize,
}

/// Whether the connections of this peer have to begin with a header.
pub(super) fn wanted(listener: &Listener, peer: Origin) -> Option<Wanted> {
    let rules = listener.proxy_protocol().as_ref()?;
    let is_sender = |sender: &Sender| match (sender, peer) {
        (Sender::Unix, Origin::Unix) => true,
        (Sender::Net(net), Origin::Ip(ip)) => net.contains(&ip),
        (Sender::Unix, Origin::Ip(_)) | (Sender::Net(_), Origin::Unix) => false,
    };
    let bytes = **rules.header_bytes() as usize;
    rules.from().iter().any(is_sender).then_some(Wanted { timeout: **rules.timeout(), bytes })
}

/// Makes the peer the client whom the header names, and gives what was read behind it. Nothing when there is none: that is
/// counted, and the connection is to be closed.
pub(super) async fn introduced<S: Transport>(
    local: &Local,
    listener: &ListenerStats,
    timer: &Timer,
    wanted: Wanted,
    io: &mut S,
    peer: &mut Peer,
) -> Option<Buffer> {
    let mut buffer = local.buffers().lend();
    let due = timer.now() + wanted.timeout;
    let read = timer.within(Some(due), header(io, &mut buffer, wanted.bytes)).await;
    let fault = match read {
        Ok(Ok((length, claim))) => {
            buffer.consume(length);
            let tally = listener.tally();
            tally.add(local.worker(), ListenerCounter::ProxyHeaders, 1);
            tally.add(local.worker(), ListenerCounter::BytesReceived, length as u64);
            peer.introduce(claim);
            return Some(buffer);
        }
        Ok(Err(fault)) => fault.code(),
        Err(Elapsed) => "timeout",
    };
    io.break_on_close();
    listener.tally().add(local.worker(), ListenerCounter::ProxyHeadersRefused, 1);
    // whoever only looks whether the port is open says nothing
    if !buffer.is_empty() && local.may_log() {
        let (listener, client) = (listener.name(), peer.origin);
        tracing::info!(reason = fault, listener, %client, "no header of the PROXY protocol, connection closed");
    }
    None
}

/// Reads until a whole header stands in the buffer. What came with it stands behind.
async fn header<S: Transport>(
    io: &mut S,
    buffer: &mut Buffer,
    limit: usize,
) -> Result<(usize, Claim), HeaderFault> {
    poll_fn(|cx| {
        loop {
            if let Some(found) = read(buffer.filled(), limit)? {
                return Poll::Ready(Ok(found));
            }
            let mut window = ReadBuf::new(buffer.spare());
            match ready!(Pin::new(&mut *io).poll_read(cx, &mut window)) {
                Ok(()) if !window.filled().is_empty() => {
                    let count = window.filled().len();
                    buffer.filled_by(count);
                }
                Ok(()) | Err(_) => return Poll::Ready(Err(HeaderFault::Missing)),
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests;
