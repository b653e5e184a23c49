//! Where something listens.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a listener listens, or an endpoint answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Address {
    /// IP and port.
    Ip(SocketAddr),
    /// A socket of this machine.
    Unix(UnixAddress),
}

/// `unix:/run/app.sock`, a file; or `unix:@app`, a name that is no file (unix(7), abstract).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnixAddress(pub(crate) Arc<str>);

impl UnixAddress {
    /// The path as the kernel takes it: an abstract name begins with NUL.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        match self.0.strip_prefix('@') {
            Some(name) => format!("\0{name}").into(),
            None => Path::new(&*self.0).to_owned(),
        }
    }
}

impl Address {
    /// The port, where there is one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Ip(address) => Some(address.port()),
            Self::Unix(_) => None,
        }
    }

    /// The file that stands for the socket, where there is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Unix(UnixAddress(name)) if name.starts_with('/') => Some(Path::new(&**name)),
            Self::Unix(_) | Self::Ip(_) => None,
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Ip(address)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Unix(address) => write!(f, "unix:{}", address.0),
        }
    }
}
