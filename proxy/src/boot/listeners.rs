//! The listening sockets: opened before a table goes live, closed after it did, untouched when nothing changed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use tokio::task::AbortHandle;
use towpath_config::model::{Address, Config, Listener};

use super::inherited::{Sockets, Taken};
use crate::downstream::listener::{Acceptor, Doors};
use crate::shared::Shared;
use crate::sys::listening::Listening;

/// A listener whose address cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("listener `{listener}` cannot listen on {address}: {fault}")]
pub struct BindFault {
    /// Its name.
    pub listener: String,
    /// The address.
    pub address: Address,
    /// What the system says.
    pub fault: io::Error,
}

/// The open listeners of the process.
#[derive(Debug)]
pub struct Listeners {
    shared: Arc<Shared>,
    doors: Doors,
    open: RefCell<BTreeMap<String, Open>>,
    frozen: Cell<bool>,
}

/// A listener that is open.
#[derive(Debug, Clone)]
pub struct Open {
    /// The address that the table wants.
    pub wanted: Address,
    /// What accepts.
    pub acceptor: Rc<Acceptor>,
    task: AbortHandle,
}

/// Sockets that were bound for a table that is not live yet. Dropped, they are closed again.
#[derive(Debug)]
pub struct Bound(Vec<(String, Address, Listening)>);

/// The listeners that this proxy of a fleet opens: their labels are all among its own.
fn own(config: &Config) -> impl Iterator<Item = &Listener> {
    let labels = config.process().labels();
    config
        .listeners()
        .iter()
        .filter(|listener| listener.proxies().iter().all(|(name, value)| labels.get(name) == Some(value)))
}

/// Opens the address of a listener. One that the process itself listens on, for a listener that wants it no more, it
/// could not have a second time: that socket changes hands, with all who wait there.
fn open_anew(open: &BTreeMap<String, Open>, config: &Config, listener: &Listener) -> io::Result<Listening> {
    let address = listener.address();
    let wants = |name: &str| own(config).any(|other| other.name() == name && other.address() == address);
    match open.iter().find(|(name, open)| open.is_at(address) && !wants(name)) {
        Some((_, open)) => open.acceptor.socket().again(),
        None => Listening::open(address, *listener.mode()),
    }
}

impl Listeners {
    /// No listener yet.
    #[must_use]
    pub fn new(shared: Arc<Shared>, doors: Doors) -> Self {
        Self { shared, doors, open: RefCell::default(), frozen: Cell::new(false) }
    }

    /// Binds what `config` wants and is not open, or takes it from `sockets`, or from a listener that wants it no more.
    ///
    /// # Errors
    /// Every address that cannot be had.
    pub fn bind(&self, config: &Config, sockets: &mut Sockets) -> Result<Bound, Vec<BindFault>> {
        if self.frozen.get() {
            return Ok(Bound(Vec::new()));
        }
        let open = self.open.borrow();
        let is_open = |listener: &&Listener| {
            open.get(listener.name()).is_some_and(|open| open.wanted == *listener.address())
        };
        let wanted = own(config).filter(|listener| !is_open(listener));
        let (heirs, others): (Vec<_>, Vec<_>) =
            wanted.partition(|listener| sockets.has(listener.name(), listener.address()));
        let (mut bound, mut faults) = (Vec::new(), Vec::new());
        let mut note = |listener: &Listener, socket| {
            let (listener, address) = (listener.name().clone(), listener.address().clone());
            match socket {
                Ok(socket) => bound.push((listener, address, socket)),
                Err(fault) => faults.push(BindFault { listener, address, fault }),
            }
            faults.is_empty()
        };
        let mut fits = true;
        for listener in others {
            fits = note(listener, open_anew(&open, config, listener));
        }
        // these last, and only if all the rest is there: what is taken cannot be given back
        for listener in heirs.into_iter().filter(|_| fits) {
            let socket = match sockets.take(listener.name(), listener.address()) {
                Some(Taken { socket, made }) => Listening::adopt(socket, listener.address(), made),
                None => open_anew(&open, config, listener),
            };
            note(listener, socket);
        }
        if faults.is_empty() { Ok(Bound(bound)) } else { Err(faults) }
    }

    /// Accepts on what was bound, and closes what `config` no longer wants.
    ///
    /// # Errors
    /// A Unix socket does not get its new permissions.
    pub fn open(&self, Bound(bound): Bound, config: &Config) -> io::Result<()> {
        if self.frozen.get() {
            return Ok(());
        }
        let mut all = self.open.borrow_mut();
        let mut left = Vec::new();
        for (name, wanted, socket) in bound {
            tracing::info!(listener = %name, address = %socket.address(), "listening");
            let Some(stats) = self.shared.snapshot().listener_stats(&name).cloned() else { continue };
            let (shared, doors) = (Arc::clone(&self.shared), Arc::clone(&self.doors));
            let acceptor = Rc::new(Acceptor::new(socket, stats, shared, doors));
            let running = Rc::clone(&acceptor);
            let task = tokio::task::spawn_local(async move { running.run().await }).abort_handle();
            left.extend(all.insert(name, Open { wanted, acceptor, task }));
        }
        let kept: Vec<_> = own(config).map(|listener| listener.name().as_str()).collect();
        let gone: Vec<_> = all.keys().filter(|name| !kept.contains(&name.as_str())).cloned().collect();
        for name in gone {
            if let Some(open) = all.remove(&name) {
                left.push(open);
                tracing::info!(listener = %name, "closed");
            }
        }
        for open in left {
            match all.values().find(|other| other.is_at(&open.wanted)) {
                Some(other) => open.pass_to(other),
                None => open.close(),
            }
        }
        own(config).try_for_each(|listener| {
            let open = all.get(listener.name());
            open.map_or(Ok(()), |open| open.acceptor.socket().permit(*listener.mode()))
        })
    }

    /// Those that are open now, by name.
    #[must_use]
    pub fn open_now(&self) -> BTreeMap<String, Open> {
        self.open.borrow().clone()
    }

    /// Leaves them as they are until they are closed, whatever tables say from now on: a process that ends opens none.
    pub fn freeze(&self) {
        self.frozen.set(true);
    }

    /// Closes all of them.
    pub fn close(&self) {
        self.open.take().into_values().for_each(Open::close);
    }

    /// Says whether the files of Unix sockets are ours to remove, or another process's.
    pub fn claim_files(&self, ours: bool) {
        self.open.borrow().values().for_each(|open| open.acceptor.socket().claim_file(ours));
    }
}

impl Open {
    /// Whether it is the one at this address. Of several that leave the port to the system, each has its own.
    fn is_at(&self, address: &Address) -> bool {
        self.wanted == *address && address.port() != Some(0)
    }

    /// Leaves the socket, and who waits there, to another one that has it too.
    fn pass_to(self, other: &Self) {
        self.task.abort();
        self.acceptor.socket().claim_file(false);
        other.acceptor.socket().claim_file(true);
    }

    fn close(self) {
        self.task.abort();
        self.acceptor.take_rest();
    }
}
