//! The listening sockets: opened before a table goes live, closed after it did, untouched when nothing changed.

use std::cell::RefCell;
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

impl Listeners {
    /// No listener yet.
    #[must_use]
    pub fn new(shared: Arc<Shared>, doors: Doors) -> Self {
        Self { shared, doors, open: RefCell::default() }
    }

    /// Binds what `config` wants and is not open, or takes it from `sockets`.
    ///
    /// # Errors
    /// Every address that cannot be had.
    pub fn bind(&self, config: &Config, sockets: &mut Sockets) -> Result<Bound, Vec<BindFault>> {
        let open = self.open.borrow();
        let mut bound = Vec::new();
        let mut faults = Vec::new();
        for listener in own(config) {
            let (name, address) = (listener.name(), listener.address());
            if open.get(name).is_some_and(|open| open.wanted == *address) {
                continue;
            }
            let socket = match sockets.take(name, address) {
                Some(Taken { socket, made }) => Listening::adopt(socket, address, made),
                None => Listening::open(address, *listener.mode()),
            };
            match socket {
                Ok(socket) => bound.push((name.clone(), address.clone(), socket)),
                Err(fault) => {
                    faults.push(BindFault { listener: name.clone(), address: address.clone(), fault });
                }
            }
        }
        if faults.is_empty() { Ok(Bound(bound)) } else { Err(faults) }
    }

    /// Accepts on what was bound, and closes what `config` no longer wants.
    ///
    /// # Errors
    /// A Unix socket does not get its new permissions.
    pub fn open(&self, Bound(bound): Bound, config: &Config) -> io::Result<()> {
        let mut all = self.open.borrow_mut();
        for (name, wanted, socket) in bound {
            tracing::info!(listener = %name, address = %socket.address(), "listening");
            let Some(stats) = self.shared.snapshot().listener_stats(&name).cloned() else { continue };
            let (shared, doors) = (Arc::clone(&self.shared), Arc::clone(&self.doors));
            let acceptor = Rc::new(Acceptor::new(socket, stats, shared, doors));
            let running = Rc::clone(&acceptor);
            let task = tokio::task::spawn_local(async move { running.run().await }).abort_handle();
            if let Some(moved) = all.insert(name, Open { wanted, acceptor, task }) {
                moved.close();
            }
        }
        let kept: Vec<_> = own(config).map(|listener| listener.name().as_str()).collect();
        let gone: Vec<_> = all.keys().filter(|name| !kept.contains(&name.as_str())).cloned().collect();
        for name in gone {
            if let Some(open) = all.remove(&name) {
                open.close();
                tracing::info!(listener = %name, "closed");
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
    fn close(self) {
        self.task.abort();
        self.acceptor.take_rest();
    }
}
