//! The four addresses of the demo: the well-known ones when they are free, else what the system picks.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Where the demo listens.
#[derive(Debug)]
pub struct Ports {
    pub web: SocketAddr,
    pub admin: SocketAddr,
    /// Open already, one for each version.
    pub services: [TcpListener; 2],
}

impl Ports {
    /// Finds free ports.
    ///
    /// # Errors
    /// When the system has none left.
    pub fn find() -> io::Result<Self> {
        let services = [open(3001)?, open(3002)?];
        // both are held until both are known, so that they differ
        let (web, admin) = (open(8080)?, open(15000)?);
        Ok(Self { web: web.local_addr()?, admin: admin.local_addr()?, services })
    }
}

/// The well-known port if it is free, else one that the system picks.
///
/// # Errors
/// When the system has none left.
pub fn open(port: u16) -> io::Result<TcpListener> {
    let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address(port)).or_else(|_| TcpListener::bind(address(0)))
}
