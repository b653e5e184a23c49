//! The addresses of the demo: the well-known ones when they are free, else what the system picks.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Where the demo listens.
#[derive(Debug)]
pub struct Ports {
    /// Of each proxy.
    pub webs: [SocketAddr; 2],
    /// Of each proxy.
    pub admins: [SocketAddr; 2],
    /// Where the control server is asked.
    pub api: SocketAddr,
    /// Where it takes proxies.
    pub push: SocketAddr,
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
        // all are held until all are known, so that they differ
        let webs = [open(8080)?, open(8081)?];
        let admins = [open(15_000)?, open(15_001)?];
        let (api, push) = (open(15_010)?, open(15_011)?);
        let [web_1, web_2] = webs.each_ref().map(TcpListener::local_addr);
        let [admin_1, admin_2] = admins.each_ref().map(TcpListener::local_addr);
        Ok(Self {
            webs: [web_1?, web_2?],
            admins: [admin_1?, admin_2?],
            api: api.local_addr()?,
            push: push.local_addr()?,
            services,
        })
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
