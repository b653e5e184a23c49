//! Listening sockets that come with the process: from systemd, which opened them before it, or from the process that it
//! takes the place of. They hold connections that nobody has accepted yet, so they are used, never opened anew.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use tokio::time::timeout;
use towpath_config::model::Address;

use crate::sys::processes::activation;
use crate::sys::processes::channel::{self, Channel, Packet};
use crate::sys::processes::notify::Notifier;
use crate::sys::socket;

#[cfg(test)]
mod tests;

/// Where a process finds that its standard input is the way to the process it takes the place of.
pub(super) const TAKE_OVER: &str = "TOWPATH_TAKE_OVER";

/// Where systemd writes what it opened: for which process, how many, and their names.
pub(super) const ACTIVATION: [&str; 3] = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];

/// What the socket of the admin port is called, which no listener can be.
pub(super) const ADMIN: &str = "admin port";

/// What a predecessor says when it has passed all of its sockets.
pub(super) const ALL: &str = "all";

/// What a successor says when it takes connections.
pub(super) const SERVING: &str = "serving";

/// How long a predecessor may take for each of its sockets.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a process finds when it begins.
#[derive(Debug, Default)]
pub struct Inherited {
    notifier: Notifier,
    predecessor: Option<OwnedFd>,
    sockets: Sockets,
}

/// Sockets that nobody has asked for yet.
#[derive(Debug, Default)]
pub(super) struct Sockets(Vec<Heirloom>);

/// A socket that is used.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) socket: OwnedFd,
    /// Whether its file is one that the proxy made.
    pub(super) made: bool,
}

#[derive(Debug)]
struct Heirloom {
    name: String,
    /// What the table said of it, where a table did.
    wanted: Option<String>,
    /// Whether its file is one that the proxy made.
    made: bool,
    socket: OwnedFd,
}

impl Inherited {
    /// Looks what came with the process. Must be called before it opens anything of its own.
    ///
    /// # Errors
    /// The environment speaks of something that is not there.
    pub fn find(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let told = |name: &str, fault: &dyn std::fmt::Display| {
            format!("`{name}` is in the environment, but {fault}")
        };
        let notifier = match variable("NOTIFY_SOCKET").filter(|name| !name.is_empty()) {
            Some(name) => Notifier::new(&name).map_err(|fault| told("NOTIFY_SOCKET", &fault))?,
            None => Notifier::default(),
        };
        let predecessor = match variable(TAKE_OVER) {
            Some(_) => Some(channel::take_stdin().map_err(|fault| told(TAKE_OVER, &fault))?),
            None => None,
        };
        let sockets = activated(variable).map_err(|fault| told("LISTEN_FDS", &fault))?;
        Ok(Self { notifier, predecessor, sockets })
    }

    /// Takes what there is: whom to tell how the process does, the predecessor if there is one, and the sockets.
    ///
    /// # Errors
    /// The predecessor does not pass its sockets.
    pub(super) async fn unpack(self) -> io::Result<(Notifier, Option<Channel>, Sockets)> {
        let Self { notifier, predecessor, mut sockets } = self;
        let Some(end) = predecessor else { return Ok((notifier, None, sockets)) };
        let predecessor = Channel::new(end)?;
        loop {
            let packet = timeout(PATIENCE, predecessor.receive()).await?;
            match packet?.and_then(read) {
                Some(Some(heirloom)) => sockets.0.push(heirloom),
                Some(None) => return Ok((notifier, Some(predecessor), sockets)),
                None => {
                    return Err(io::Error::other("the process to take over from does not pass its sockets"));
                }
            }
        }
    }
}

/// The sockets that systemd opened for this very process.
fn activated(variable: &dyn Fn(&str) -> Option<String>) -> io::Result<Sockets> {
    let [process, count, names] = ACTIVATION.map(variable);
    if process.is_none_or(|process| process != std::process::id().to_string()) {
        return Ok(Sockets::default());
    }
    let count = count.unwrap_or_default();
    let count = count.parse().map_err(|_| io::Error::other(format!("`{count}` is no number")))?;
    let names = names.unwrap_or_default();
    let names =
        names.split(':').map(|name| if name == "admin" { ADMIN } else { name }).chain(std::iter::repeat(""));
    let sockets = activation::take(count)?.into_iter().zip(names);
    Ok(Sockets(
        sockets
            .map(|(socket, name)| Heirloom { name: name.to_owned(), wanted: None, made: false, socket })
            .collect(),
    ))
}

/// What a predecessor says of a socket.
pub(super) fn describe(name: &str, wanted: &str, made: bool) -> String {
    format!("{name}\n{wanted}\n{made}")
}

/// A socket, or that there are no more; `None` for what no predecessor says.
fn read(Packet { text, socket }: Packet) -> Option<Option<Heirloom>> {
    let Some(socket) = socket else { return (text == ALL).then_some(None) };
    let mut lines = text.lines().map(str::to_owned);
    let (name, wanted) = (lines.next()?, Some(lines.next()?));
    Some(Some(Heirloom { name, wanted, made: lines.next()? == "true", socket }))
}

impl Heirloom {
    /// Whether it is the socket of this name and address. A predecessor's table says what the address was; of several
    /// that leave the port to the system, each keeps its own. What systemd opened goes by its name first.
    fn is_for(&self, name: &str, address: &Address) -> bool {
        match &self.wanted {
            Some(wanted) => {
                *wanted == address.to_string() && (address.port() != Some(0) || self.name == name)
            }
            None => self.name == name || socket::is_at(&self.socket, address),
        }
    }
}

impl Sockets {
    /// Whether the socket for this name and address is among them.
    pub(super) fn has(&self, name: &str, address: &Address) -> bool {
        self.0.iter().any(|heirloom| heirloom.is_for(name, address))
    }

    /// The socket for this name and address, if it is among them.
    pub(super) fn take(&mut self, name: &str, address: &Address) -> Option<Taken> {
        let position = self.0.iter().position(|heirloom| heirloom.is_for(name, address))?;
        let Heirloom { socket, made, .. } = self.0.swap_remove(position);
        Some(Taken { socket, made })
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        for Heirloom { name, wanted, .. } in &self.0 {
            tracing::warn!(
                name,
                wanted,
                "a socket that came with the process is for no listener, and is closed"
            );
        }
    }
}
