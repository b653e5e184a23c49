//! What the process tells whoever started it (sd_notify(3)).

use std::cell::Cell;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use rustix::time::{ClockId, clock_gettime};

#[cfg(test)]
mod tests;

/// The way to whoever wants to know; to nobody, where nobody does.
#[derive(Debug, Default)]
pub struct Notifier {
    way: Option<(UnixDatagram, SocketAddr)>,
    /// Nothing but that is to be known of it any more.
    stopping: Cell<bool>,
}

impl Notifier {
    /// Tells the socket of this name (`NOTIFY_SOCKET`): a path, or `@` and an abstract name.
    ///
    /// # Errors
    /// There can be no such socket.
    pub fn new(name: &str) -> io::Result<Self> {
        let address = match name.strip_prefix('@') {
            Some(name) => SocketAddr::from_abstract_name(name),
            None => SocketAddr::from_pathname(name),
        };
        let socket = UnixDatagram::unbound()?;
        // a reader that is stuck must not stop the control thread
        socket.set_nonblocking(true)?;
        Ok(Self { way: Some((socket, address?)), stopping: Cell::new(false) })
    }

    /// The process does what it is for.
    pub fn ready(&self) {
        self.tell("READY=1\nSTATUS=serving");
    }

    /// The process reads its table, because somebody asked; [`Self::ready`] ends that.
    pub fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let micros = now.tv_sec * 1_000_000 + now.tv_nsec / 1000;
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={micros}\nSTATUS=reading the route table"));
    }

    /// The process is about to end.
    pub fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=draining");
        self.stopping.set(true);
    }

    /// Another process is in the place of this one from now on.
    pub fn succeeded_by(&self, process: u32) {
        self.tell(&format!("MAINPID={process}\nREADY=1\nSTATUS=serving"));
    }

    fn tell(&self, what: &str) {
        let Some((socket, address)) = self.way.as_ref().filter(|_| !self.stopping.get()) else { return };
        if let Err(fault) = socket.send_to_addr(what.as_bytes(), address) {
            tracing::warn!(%fault, what = what.lines().next(), "whoever started the proxy cannot be told");
        }
    }
}
