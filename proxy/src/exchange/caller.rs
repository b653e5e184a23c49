//! What an exchange wants of the side that calls us, whatever its protocol.

use std::net::SocketAddr;
use std::sync::Arc;

use towpath_config::model::{Listener, ListenerId};

use crate::codec::body::{Framing, Opens};
use crate::codec::fields::Fields;
use crate::codec::outgoing::Outgoing;
use crate::filter::forwarded::Peer;
use crate::forward::Waiting;
use crate::local::Local;
use crate::outcome::Reason;
use crate::snapshot::Snapshot;
use crate::sys::memory::Pressure;
use crate::sys::timer::Timer;

/// A final head on its way to the caller.
#[derive(Debug)]
pub struct AnswerHead<'a> {
    /// The status.
    pub status: u16,
    /// The reason phrase, where the protocol has one.
    pub phrase: &'a [u8],
    /// The fields as they came.
    pub fields: &'a Fields,
    /// What changes of them.
    pub out: &'a Outgoing,
    /// How the body is framed by whoever made it.
    pub framing: Framing,
    /// Whether bytes are only passed through behind this head.
    pub tunnel: bool,
}

/// The side that calls us.
pub trait Caller: Waiting + Opens {
    /// Takes the final head; it leaves with the body's first flush. `last` says that no further exchange is wanted.
    fn answer(&mut self, head: &AnswerHead<'_>, last: bool);
    /// Whether the request's body was received to its end, as far as can be said without waiting.
    fn is_received(&mut self) -> bool;
    /// The addresses of the client and of our end, where its connection has such.
    fn addresses(&self) -> Option<(SocketAddr, SocketAddr)>;
}

/// What of a connection matters to an exchange.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// The table that the exchange keeps to its end.
    pub snapshot: &'a Arc<Snapshot>,
    /// The listener it came in by.
    pub listener: (ListenerId, &'a Listener),
    /// Who is at the other end.
    pub peer: &'a Peer,
    /// Its deadline.
    pub timer: &'a Timer,
    /// Whether this is the last exchange that the connection may carry.
    pub last: bool,
    /// How near the process is to its limit on memory.
    pub pressure: Pressure,
    /// Whether it is known what serves the host.
    pub host: HostCheck,
}

/// Whether it is known what serves the host of a request, where hosts are fetched on demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostCheck {
    /// Nobody has looked.
    Not,
    /// It is.
    Known,
    /// It is not, for this reason.
    Unknown(Reason),
}

impl Visit<'_> {
    /// Whether no further exchange is wanted on this connection.
    #[must_use]
    pub fn is_last(&self, local: &Local) -> bool {
        self.last || local.ends_connections()
    }
}

/// What becomes of the caller's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It may carry another exchange.
    Keep,
    /// It is closed in order.
    Close,
    /// It is cut: the answer was not whole, and the caller must see that.
    Cut,
}
