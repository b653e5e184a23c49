//! The admin port, beside the traffic.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::inherited::{ADMIN, Sockets};
use super::run::Error;
use crate::admin::{self, Act, AdminContext};
use crate::reload::{Requester, Verdict};
use crate::sys::socket::{self, Adopted};

/// How long those that have asked something may take to read the answer once the port closes.
const LINGER: Duration = Duration::from_secs(1);

/// The admin port, unless the table wants none.
#[derive(Debug)]
pub struct Side {
    port: Option<(SocketAddr, Rc<TcpListener>)>,
    end: watch::Sender<bool>,
    served: Option<JoinHandle<()>>,
}

impl Side {
    /// Has the port's socket opened, or takes it from those that came with the process.
    ///
    /// # Errors
    /// Its address cannot be had.
    pub fn bind(wanted: Option<SocketAddr>, sockets: &mut Sockets) -> Result<Self, Error> {
        let port = wanted.map(|address| {
            let socket = match sockets.take(ADMIN, &address.into()) {
                Some(taken) => socket::adopt(taken.socket).and_then(|socket| match socket {
                    Adopted::Tcp(socket) => Ok(socket),
                    Adopted::Unix(_) => {
                        Err(io::Error::other("it wants TCP, and what it inherits is a Unix socket"))
                    }
                }),
                None => socket::listen(address),
            };
            let socket = socket.and_then(TcpListener::from_std);
            socket.map(|socket| (address, Rc::new(socket))).map_err(|fault| Error::Admin { address, fault })
        });
        Ok(Self { port: port.transpose()?, end: watch::Sender::new(false), served: None })
    }

    /// The address that the table wants, and the socket.
    pub fn socket(&self) -> Option<(SocketAddr, &TcpListener)> {
        self.port.as_ref().map(|(wanted, socket)| (*wanted, socket.as_ref()))
    }

    /// Begins to answer.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn serve(&mut self, context: AdminContext) -> io::Result<()> {
        let Some((_, socket)) = &self.port else { return Ok(()) };
        tracing::info!(address = %socket.local_addr()?, "admin listening");
        let served = admin::serve(Rc::clone(socket), Rc::new(context), self.end.subscribe());
        self.served = Some(tokio::task::spawn_local(served));
        Ok(())
    }

    /// Closes the port, when those that have asked something are answered.
    pub async fn close(mut self) {
        self.port = None;
        self.end.send_replace(true);
        if let Some(served) = self.served {
            // whoever does not read is cut off
            let _ = timeout(LINGER, served).await;
        }
    }
}

/// How the admin port asks for a reload.
pub fn reload(requester: Requester) -> Act {
    Box::new(move || {
        let requester = requester.clone();
        Box::pin(async move {
            match requester.ask().await {
                Some(Verdict::Published { generation }) => Ok(format!("live: generation {generation}")),
                Some(Verdict::Unchanged) => Ok("unchanged".to_owned()),
                Some(Verdict::Rejected { faults }) => Err(faults),
                None => Err("the process is about to end".to_owned()),
            }
        })
    })
}
